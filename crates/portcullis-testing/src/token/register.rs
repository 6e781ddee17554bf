//! The tokens this server has issued and still knows about.

use std::collections::HashMap;

use serde_json::{Map, Value};

/// What the server remembers of a token.
#[derive(Debug, Clone)]
pub(crate) struct IssuedToken {
    pub(crate) claims: Map<String, Value>,
    /// A merge patch over the introspection answer.
    pub(crate) answer_patch: Value,
    pub(crate) revoked: bool,
}

#[derive(Debug, Default)]
pub(crate) struct TokenRegister(HashMap<String, IssuedToken>);

impl TokenRegister {
    pub(crate) fn add(&mut self, token: String, issued: IssuedToken) {
        self.0.insert(token, issued);
    }

    pub(crate) fn get(&self, token: &str) -> Option<&IssuedToken> {
        self.0.get(token)
    }

    /// Whether the token was known.
    pub(crate) fn revoke(&mut self, token: &str) -> bool {
        let found = self.0.get_mut(token);
        found.map(|issued| issued.revoked = true).is_some()
    }
}
