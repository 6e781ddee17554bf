//! Random bytes, identifiers and opaque values.

use aws_lc_rs::rand;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// A version 4 UUID, as Keycloak uses for `jti` and `sid`.
pub(crate) fn uuid() -> String {
    let random =
        (u128::from_be_bytes(bytes()) & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        random >> 96,
        (random >> 80) & 0xffff,
        (random >> 64) & 0xffff,
        (random >> 48) & 0xffff,
        random & 0xffff_ffff_ffff
    )
}

/// 32 random bytes as base64url: an opaque token or a key id.
pub(crate) fn opaque() -> String {
    URL_SAFE_NO_PAD.encode(bytes::<32>())
}

#[expect(
    clippy::expect_used,
    reason = "without randomness there are no keys and no test"
)]
fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).expect("the system has randomness");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_has_version_and_variant() {
        let uuid = uuid();
        assert_eq!(uuid.len(), 36);
        assert_eq!(uuid.as_bytes()[14], b'4');
        assert!(
            matches!(uuid.as_bytes()[19], b'8' | b'9' | b'a' | b'b'),
            "{uuid}"
        );
    }
}
