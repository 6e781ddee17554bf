use portcullis::Algorithm;

use super::{Remarks, repeated};
use crate::token::{Part, Remark};

/// Of the header of a JWT.
pub(super) fn of(header: &Part, remarks: &mut Remarks) {
    if let Some(json) = &header.json {
        repeated(json, remarks);
    }
    match header.text("alg") {
        Some("none") => remarks.push(Remark::new(
            "alg_none",
            "it is not signed (`alg` none): anybody can have written it",
        )),
        Some(alg) if alg.starts_with("HS") => {
            let what = format!(
                "it is signed with a secret that the server keeps ({alg}): nobody else can verify it, and whoever could might forge one"
            );
            remarks.push(Remark::new("alg_symmetric", what));
        }
        Some(alg) if Algorithm::from_name(alg).is_none() => {
            let what = format!("{alg:?} is no signature algorithm that is supported here");
            remarks.push(Remark::new("alg_unknown", what));
        }
        None if header.json.is_some() => {
            remarks.push(Remark::new("no_alg", "its header names no `alg`"));
        }
        Some(_) | None => {}
    }
    let has_no_kid = header.json.is_some() && !header.has("kid");
    for (holds, code, what) in [
        (
            has_no_kid,
            "no_kid",
            "its header names no key (`kid`): every key of its issuer is tried",
        ),
        (
            header.has("crit"),
            "crit",
            "its header demands extensions (`crit`); none is understood here, so it is refused",
        ),
        (
            header.has("b64"),
            "b64",
            "its header has `b64`, which no JWT may have (RFC 7797 §7)",
        ),
        (
            header
                .text("cty")
                .is_some_and(|cty| cty.eq_ignore_ascii_case("JWT")),
            "nested",
            "its header announces another token within it (`cty`), which is refused",
        ),
    ] {
        if holds {
            remarks.push(Remark::new(code, what));
        }
    }
    for name in ["jku", "jwk", "x5u", "x5c"] {
        if header.has(name) {
            let what = format!(
                "its header brings or points at a key (`{name}`); that is never listened to"
            );
            remarks.push(Remark::new("key_in_header", what));
        }
    }
}
