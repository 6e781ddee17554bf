use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

/// By what a token is known again in this process: its AES-256-GMAC under a key that nobody knows.
///
/// Two different texts have the same tag with a probability of at most (blocks + 1) / 2¹²⁸ over the
/// random key, whoever chooses them, as long as no tag is seen: so a tag is compared with other tags
/// and nothing else. It is not stored, logged, sent or shown, and there is no way to its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct TokenTag(u128);

/// Makes the tags of one store, under a key of its own: those of two stores have nothing in common.
pub(super) struct TagKey(LessSafeKey);

impl TagKey {
    /// A random key; `None` when there is no randomness to be had.
    pub(super) fn random() -> Option<Self> {
        let mut bytes = [0; 32];
        // Of the operating system: the first bytes of aws-lc's own generator take it a fifth of a second.
        getrandom::fill(&mut bytes).ok()?;
        let key = UnboundKey::new(&AES_256_GCM, &bytes).ok()?;
        Some(Self(LessSafeKey::new(key)))
    }

    /// The tag of a token. The length is part of it.
    pub(super) fn tag(&self, token: &[u8]) -> Option<TokenTag> {
        // A nonce must not be used twice where a ciphertext or a tag is seen. Here neither is.
        let nonce = Nonce::assume_unique_for_key([0; NONCE_LEN]);
        let tag = self
            .0
            .seal_in_place_separate_tag(nonce, Aad::from(token), &mut []);
        let bytes = tag.ok()?.as_ref().try_into().ok()?;
        Some(TokenTag(u128::from_ne_bytes(bytes)))
    }
}

impl fmt::Debug for TokenTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenTag")
    }
}
