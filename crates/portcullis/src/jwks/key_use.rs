use std::sync::Arc;

use aws_lc_rs::signature::ParsedPublicKey;
use serde_json::json;

use super::{Algorithm, jwk::Jwk};
use crate::Thumbprint;

/// A key for one of the algorithms that it is good for.
#[derive(Clone)]
pub(super) struct KeyUse {
    pub(super) id: Arc<KeyUseId>,
    key: ParsedPublicKey,
}

/// Which key, published under which id, and by which algorithm: what a signature that was once found
/// good depends on. As long as a set has it, the signature is good.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct KeyUseId {
    pub(super) algorithm: Algorithm,
    thumbprint: Thumbprint,
}

impl KeyUse {
    pub(super) fn new(jwk: &Jwk, algorithm: Algorithm, key: ParsedPublicKey) -> Option<Self> {
        let key_and_id = json!([jwk.canonical(algorithm)?, jwk.kid]);
        let thumbprint = Thumbprint::of(key_and_id.to_string().as_bytes());
        let id = Arc::new(KeyUseId {
            algorithm,
            thumbprint,
        });
        Some(Self { id, key })
    }

    /// Whether it has made the signature.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verify_sig(message, signature).is_ok()
    }
}
