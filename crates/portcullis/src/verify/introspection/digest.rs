use std::fmt;

use aws_lc_rs::digest::{Context, SHA256};

/// Under which name the facts about a token are kept: SHA-256 over whom we ask, as whom, and the
/// whole token. The token itself is not kept.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct TokenDigest([u8; 32]);

impl TokenDigest {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The beginning of every digest of one verifier, so that no two share a fact.
#[derive(Clone)]
pub(crate) struct DigestSpace {
    prefix: Context,
}

impl DigestSpace {
    pub(crate) fn of(parts: &[&str]) -> Self {
        let mut prefix = Context::new(&SHA256);
        for part in parts {
            write(&mut prefix, part.as_bytes());
        }
        Self { prefix }
    }

    pub(crate) fn digest(&self, token: &[u8]) -> TokenDigest {
        let mut context = self.prefix.clone();
        write(&mut context, token);
        let mut bytes = [0; 32];
        for (to, from) in bytes.iter_mut().zip(context.finish().as_ref()) {
            *to = *from;
        }
        TokenDigest(bytes)
    }
}

/// The length goes in front, so that no two sequences of parts look alike.
fn write(context: &mut Context, part: &[u8]) {
    context.update(&part.len().to_be_bytes());
    context.update(part);
}

impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenDigest")
    }
}

impl fmt::Debug for DigestSpace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DigestSpace")
    }
}
