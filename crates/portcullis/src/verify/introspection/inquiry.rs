use std::sync::Arc;

use super::digest::TokenDigest;
use crate::{AccessToken, TokenFacts};

/// A token that is asked about, or may have to be.
#[derive(Debug, Clone)]
pub(super) struct Inquiry {
    pub(super) token: AccessToken,
    pub(super) digest: TokenDigest,
    /// What it says of itself, where its signature is good: it is no invention then.
    pub(super) said: Option<Arc<TokenFacts>>,
}
