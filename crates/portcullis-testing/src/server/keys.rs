//! What a test does to the keys.

use std::time::Duration;

use serde_json::Value;

use super::AuthorizationServer;
use crate::{
    error::KeyError,
    keys::{SigningAlgorithm, SigningKey},
};

/// What becomes of the keys that a rotation replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// They stay published, as Keycloak leaves them: old tokens can still be verified.
    KeepOld,
    /// They are published no more: old tokens cannot be verified.
    DropOld,
}

impl AuthorizationServer {
    /// The key that signs with this algorithm now; made and published if there is none yet.
    ///
    /// # Panics
    /// If the backend cannot make a key, as for an HMAC.
    #[must_use]
    pub fn signing_key(&self, algorithm: SigningAlgorithm) -> SigningKey {
        KeyError::or_panic(self.state.keys.lock().signing_key(algorithm))
    }

    /// The key published with `use: enc` and `alg: RSA-OAEP`. It signs as RS256, to prove that
    /// such a signature is refused.
    ///
    /// # Panics
    /// If the backend cannot make a key.
    #[must_use]
    pub fn encryption_key(&self) -> SigningKey {
        let key = self.state.keys.lock().encryption_key();
        KeyError::or_panic(key.ok_or(KeyError::Generate {
            algorithm: "RSA-OAEP",
        }))
    }

    /// Makes a new key for this algorithm, which signs from now on, and returns it.
    ///
    /// # Panics
    /// If the backend cannot make a key.
    pub fn rotate(&self, algorithm: SigningAlgorithm, rotation: Rotation) -> SigningKey {
        let rotated = self
            .state
            .keys
            .lock()
            .rotate(algorithm, rotation == Rotation::KeepOld);
        KeyError::or_panic(rotated)
    }

    /// Takes a key out of the JWK set; it still signs if it was the newest. Whether it was known.
    pub fn remove_key(&self, key_id: &str) -> bool {
        self.state.keys.lock().set_published(key_id, false)
    }

    /// Puts a removed key back into the JWK set. Whether it was known.
    pub fn publish_key(&self, key_id: &str) -> bool {
        self.state.keys.lock().set_published(key_id, true)
    }

    /// Changes members of a published JWK; `null` removes one (RFC 7396). Whether it was known.
    pub fn patch_jwk(&self, key_id: &str, patch: &Value) -> bool {
        self.state.keys.lock().patch(key_id, patch)
    }

    /// Publishes one more entry after the others: any JSON, a JWK or not.
    pub fn add_jwk(&self, jwk: Value) {
        self.state.keys.lock().add_extra(jwk);
    }

    /// Publishes the entries added by [`add_jwk`](Self::add_jwk) no more.
    pub fn clear_added_jwks(&self) {
        self.state.keys.lock().clear_extra();
    }

    /// Lets clients keep the JWK set this long, in whole seconds (`Cache-Control: max-age`), and
    /// revalidate it: an honest `ETag`, and 304 without a body to an `If-None-Match` that names
    /// it. `None` sends none of these, as it is from the start. Other headers, for example an
    /// `Age`, come from [`Fault::header`](crate::Fault::header).
    pub fn set_jwks_caching(&self, max_age: Option<Duration>) {
        self.state.policy.lock().jwks_max_age = max_age;
    }

    /// The JWK set as it is published now.
    #[must_use]
    pub fn jwks(&self) -> Value {
        self.state.keys.lock().document()
    }
}
