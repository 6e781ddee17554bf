use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

/// What kind of token this seems to be. Told by decoding the first part, never by counting dots
/// or by its first letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Its first part is a JSON object: a JWT, good or bad.
    Jwt,
    /// The same, with the five parts of an encrypted one (RFC 7516 §7.1).
    Encrypted,
    /// Anything else.
    Opaque,
}

/// Forgiving: a badly spelled JWT is a bad JWT, not an opaque token.
const FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

impl Shape {
    pub(crate) fn of(token: &str) -> Self {
        let first = token.split('.').next().unwrap_or_default();
        if !is_json_object(first) {
            return Self::Opaque;
        }
        if token.bytes().filter(|byte| *byte == b'.').count() == 4 {
            Self::Encrypted
        } else {
            Self::Jwt
        }
    }
}

/// Whether the part, decoded, is text that begins as a JSON object does. One random token in 256
/// begins with that byte; none of any length is text.
fn is_json_object(part: &str) -> bool {
    /// A whole number of base64 groups decodes by itself.
    const BEGINNING: usize = 1024;
    let beginning = part.get(..BEGINNING).unwrap_or(part);
    let spelled = beginning
        .trim_end_matches('=')
        .replace('+', "-")
        .replace('/', "_");
    // No base64 ends in a single character of its last group.
    let dangling = usize::from(spelled.len() % 4 == 1);
    let whole = spelled.get(..spelled.len() - dangling).unwrap_or_default();
    let Ok(decoded) = FORGIVING.decode(whole) else {
        return false;
    };
    let text = match std::str::from_utf8(&decoded) {
        Ok(text) => text,
        // The beginning may end inside of a character.
        Err(error) if error.error_len().is_none() && part.len() > BEGINNING => {
            let valid = decoded.get(..error.valid_up_to()).unwrap_or_default();
            std::str::from_utf8(valid).unwrap_or_default()
        }
        Err(_) => return false,
    };
    text.trim_start_matches('\u{feff}')
        .trim_start()
        .starts_with('{')
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    #[test]
    fn a_jwt_is_told_by_its_header_alone() {
        let encoded = |json: &str| URL_SAFE_NO_PAD.encode(json);
        let header =
            encoded(r#"{"alg":"RS256","typ":"JWT","kid":"a-key-id-that-makes-the-header-long"}"#);
        for jwt in [
            format!("{header}.e30.c2ln"),
            format!("{header}."),
            header.clone(),
            format!("{}.e30.", encoded(r#"{"alg":"none"}"#)),
            format!("{}=.e30.", encoded(r#"{"alg":1}"#)),
            format!("{}A.e30.", encoded(r#"{"alg":"RS256"}"#)),
            format!("{}.e30.", encoded("\n {}")),
            format!("{}.e30.", encoded("{\"alg\":\"RS256\"").replace('-', "+")),
            format!(
                "{}.e30.",
                encoded(&format!("{{\"kid\":\"{}\"}}", "é".repeat(4000)))
            ),
        ] {
            assert_eq!(Shape::of(&jwt), Shape::Jwt, "{jwt}");
        }
        assert_eq!(Shape::of(&format!("{header}.a.b.c.d")), Shape::Encrypted);
        for opaque in [
            "abc",
            "ory_at_abc.def",
            "a.b.c",
            "eyJ_-_-_-_-0_-",
            "",
            "...",
            "SGVsbG8.e30.e30",
        ] {
            assert_eq!(Shape::of(opaque), Shape::Opaque, "{opaque}");
        }
    }
}
