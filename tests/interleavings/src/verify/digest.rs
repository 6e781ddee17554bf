/// Names a token.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct TokenDigest(pub(super) u8);
