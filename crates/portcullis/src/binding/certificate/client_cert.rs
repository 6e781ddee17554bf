//! `Client-Cert` (RFC 9440 §2.2): the certificate as a byte sequence of structured fields
//! (RFC 8941 §3.3.5).

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::Thumbprint;

/// The largest certificate that is looked at, in base64.
const MAX_LENGTH: usize = 16 * 1024;

pub(super) fn thumbprint(value: &[u8]) -> Option<Thumbprint> {
    let base64 = value.trim_ascii().strip_prefix(b":")?.strip_suffix(b":")?;
    if base64.is_empty() || base64.len() > MAX_LENGTH {
        return None;
    }
    let certificate = STANDARD.decode(base64).ok()?;
    Some(Thumbprint::of(&certificate))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_sequence_is_a_certificate() {
        assert_eq!(thumbprint(b":aGVsbG8=:"), Some(Thumbprint::of(b"hello")));
        for bad in [
            b"".as_slice(),
            b"aGVsbG8=",
            b":aGVsbG8=",
            b"::",
            b":a:",
            b":aGVsbG8=:;a=1",
            b":aGVsbG8=:, :aGVsbG8=:",
            b":aGVs bG8=:",
            b":aGVsbG8_:",
        ] {
            assert_eq!(thumbprint(bad), None, "{bad:?}");
        }
    }
}
