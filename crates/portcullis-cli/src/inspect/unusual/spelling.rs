use super::Remarks;
use crate::token::{Jwt, Remark};

/// Some proxies take no longer header.
const LONGEST_HEADER: usize = 8000;

/// Of the parts of a JWT and how they are spelled.
pub(super) fn of(jwt: &Jwt, remarks: &mut Remarks) {
    const WHOLE: usize = 3;
    if jwt.parts < WHOLE {
        let what = format!("it has {} of three parts: something is cut off", jwt.parts);
        remarks.push(Remark::new("truncated", what));
    } else if jwt.parts > WHOLE {
        let what = format!("it has {} parts where a JWT has three", jwt.parts);
        remarks.push(Remark::new("too_many_parts", what));
    }
    let mut length = jwt.parts.saturating_sub(1);
    for (name, part) in [
        ("header", &jwt.header),
        ("payload", &jwt.payload),
        ("signature", &jwt.signature),
    ] {
        length += part.length;
        if part.is_padded {
            let what = format!("its {name} ends in `=`, which a JWT never does (RFC 7515 §2)");
            remarks.push(Remark::new("padding", what));
        }
        if part.has_other_alphabet {
            let what = format!("its {name} is spelled with `+` or `/` instead of `-` and `_`");
            remarks.push(Remark::new("other_alphabet", what));
        }
        // A signature is no JSON.
        let is_text = name != "signature";
        if let Some(problem) = part.problem.as_ref().filter(|_| is_text && part.length > 0) {
            let what = format!("its {name} cannot be read to its end: {problem}");
            remarks.push(Remark::new("unreadable", what));
        }
    }
    if length > LONGEST_HEADER {
        let what =
            format!("it has {length} characters: some proxies take no header of that length");
        remarks.push(Remark::new("long", what));
    }
}
