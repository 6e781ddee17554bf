//! The textual form of keys, RFC 7468.

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// The text, with a final line break.
pub(crate) fn encode(label: &str, der: &[u8]) -> String {
    let mut pem = format!("-----BEGIN {label}-----\n");
    for (position, character) in STANDARD.encode(der).chars().enumerate() {
        if position > 0 && position % 64 == 0 {
            pem.push('\n');
        }
        pem.push(character);
    }
    pem.push_str("\n-----END ");
    pem.push_str(label);
    pem.push_str("-----\n");
    pem
}

/// What stands between the two lines of this label; `None` if there is nothing of the kind.
pub(crate) fn decode(label: &str, text: &str) -> Option<Vec<u8>> {
    let (_, behind) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    let (body, _) = behind.split_once(&format!("-----END {label}-----"))?;
    let encoded: String = body.split_whitespace().collect();
    STANDARD.decode(encoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_encoded_is_decoded() {
        let der: Vec<u8> = (0..=255).collect();
        let pem = encode("PUBLIC KEY", &der);
        assert_eq!(decode("PUBLIC KEY", &pem), Some(der));
        assert_eq!(decode("PRIVATE KEY", &pem), None);
        assert_eq!(decode("PUBLIC KEY", ""), None);
    }
}
