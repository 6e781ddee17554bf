//! The private key of a client, and signatures by it.

mod jwk;
mod pair;
mod pem;

use std::{fmt, sync::Arc};

use self::pair::KeyPair;
use super::{Attempt, AuthenticationError, ClientAuthentication, Method, Occasion, assertion};
use crate::{Algorithm, ConfigError};

/// The private key that a client signs its assertions with (RFC 7523 §2.2). Cheap to clone; its Debug shows
/// nothing of it.
#[derive(Clone)]
pub struct ClientKey {
    pair: Arc<KeyPair>,
    algorithm: Option<Algorithm>,
    key_id: Option<String>,
}

impl ClientKey {
    /// A private key in PEM: PKCS#8, PKCS#1 (RSA) or SEC 1 (EC), unencrypted. RSA of 2048 to 8192
    /// bits, EC on P-256, P-384 or P-521, or Ed25519.
    ///
    /// # Errors
    /// When there is not exactly one such key.
    pub fn from_pem(pem: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        Ok(Self {
            pair: Arc::new(pem::read(pem.as_ref())?),
            algorithm: None,
            key_id: None,
        })
    }

    /// A private JWK (RFC 7517) of the same kinds. Its `alg` and `kid` are used, if it has them.
    ///
    /// # Errors
    /// When it is no private signing key, its members contradict each other, or its `alg` does
    /// not fit.
    pub fn from_jwk(json: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        let jwk::Jwk {
            pair,
            algorithm,
            key_id,
        } = jwk::read(json.as_ref())?;
        let key = Self {
            pair: Arc::new(pair),
            algorithm: None,
            key_id,
        };
        match algorithm {
            Some(algorithm) => key.algorithm(algorithm),
            None => Ok(key),
        }
    }

    /// The algorithm to sign with. Unless set, it is the `alg` of the JWK; else the best for this
    /// key that the server publishes; else, and for an endpoint that is named, RS256, the one of
    /// the key's curve, or `EdDSA`.
    ///
    /// # Errors
    /// When the key is of another kind.
    pub fn algorithm(mut self, algorithm: Algorithm) -> Result<Self, ConfigError> {
        if !self.pair.algorithms().contains(&algorithm) {
            let own: Vec<_> = self
                .pair
                .algorithms()
                .iter()
                .map(|own| own.name())
                .collect();
            return Err(ConfigError::new(
                "algorithm",
                format!("{algorithm} cannot be used with this key"),
                format!("use one of {}, or another key", own.join(", ")),
            ));
        }
        self.algorithm = Some(algorithm);
        Ok(self)
    }

    /// The `kid` under which the server knows the key; none unless the JWK has one.
    #[must_use]
    pub fn key_id(mut self, key_id: impl Into<String>) -> Self {
        self.key_id = Some(key_id.into());
        self
    }

    /// The algorithm for a server that publishes these.
    fn chosen(&self, published: Option<&Vec<String>>) -> Algorithm {
        self.algorithm.unwrap_or_else(|| {
            let is_published = |algorithm: &&Algorithm| {
                published.is_some_and(|all| all.iter().any(|one| one == algorithm.name()))
            };
            let best = self.pair.algorithms().iter().find(is_published);
            best.copied().unwrap_or(self.pair.usual_algorithm())
        })
    }
}

#[derive(Clone)]
pub(super) struct PrivateKey(ClientKey);

impl ClientAuthentication {
    /// `private_key_jwt`: an assertion signed with the client's private key (OpenID Connect Core
    /// 1.0 §9, RFC 7523 §3). Nothing that the server is sent can be used anywhere else.
    ///
    /// # Errors
    /// When the id is empty or has a control character.
    pub fn private_key_jwt(
        client_id: impl Into<String>,
        key: ClientKey,
    ) -> Result<Self, ConfigError> {
        Self::new(client_id.into(), Method::PrivateKey(PrivateKey(key)))
    }
}

impl PrivateKey {
    pub(super) fn attempt(
        &self,
        client: &ClientAuthentication,
        occasion: &Occasion<'_>,
    ) -> Result<Attempt, AuthenticationError> {
        let Self(key) = self;
        let algorithm = key.chosen(occasion.target.methods.algorithms.as_ref());
        let kid = key.key_id.as_deref();
        client.assert(occasion, algorithm.name(), kid, |message| {
            key.pair
                .sign(algorithm, message)
                .map_err(|_| assertion::unavailable())
        })
    }
}

fn refused(problem: &'static str) -> ConfigError {
    ConfigError::new(
        "client_key",
        problem,
        "give one unencrypted private key: RSA of 2048 to 8192 bits, EC on P-256, P-384 or P-521, or Ed25519",
    )
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientKey")
            .field("algorithm", &self.algorithm)
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
