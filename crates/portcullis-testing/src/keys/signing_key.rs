//! One key: its id, its public JWK, and compact JWS over anything.

use std::{collections::BTreeMap, fmt, sync::Arc};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{algorithm::SigningAlgorithm, material::Material, pem, private_jwk::private_members};
use crate::{error::KeyError, random};

/// What the `use` member of a published key says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyUse {
    /// `sig`: the key signs tokens.
    Signature,
    /// `enc`: the key is for encryption to the server, and no signature by it counts.
    Encryption,
}

/// A private key with its id. Cheap to clone.
///
/// Those of a server come from [`AuthorizationServer::signing_key`](crate::AuthorizationServer::signing_key);
/// a key made here is a stranger's, for tokens that must be refused.
#[derive(Clone)]
pub struct SigningKey {
    key_id: String,
    algorithm: SigningAlgorithm,
    key_use: KeyUse,
    material: Arc<Material>,
}

impl SigningKey {
    /// A fresh key that no server publishes.
    ///
    /// # Panics
    /// For an HMAC algorithm (see [`SigningKey::hmac`]), or if the backend cannot make a key.
    #[must_use]
    pub fn generate(algorithm: SigningAlgorithm) -> Self {
        KeyError::or_panic(Self::try_generate(algorithm, KeyUse::Signature))
    }

    /// An HMAC key over any bytes, for example over the public key of a server, to prove that
    /// the confusion of the two is refused. `algorithm` is one of the HS family.
    ///
    /// # Errors
    /// [`KeyError::Family`] if `algorithm` is not an HMAC.
    pub fn hmac(algorithm: SigningAlgorithm, secret: impl Into<Vec<u8>>) -> Result<Self, KeyError> {
        Self {
            key_id: random::opaque(),
            algorithm: SigningAlgorithm::HS256,
            key_use: KeyUse::Signature,
            material: Arc::new(Material::Hmac {
                secret: secret.into(),
            }),
        }
        .with_algorithm(algorithm)
    }

    pub(crate) fn try_generate(
        algorithm: SigningAlgorithm,
        key_use: KeyUse,
    ) -> Result<Self, KeyError> {
        Ok(Self {
            key_id: random::opaque(),
            algorithm,
            key_use,
            material: Arc::new(Material::generate(algorithm)?),
        })
    }

    pub(crate) fn is_same_key(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.material, &other.material)
    }

    /// The same key under another algorithm of its family, for example PS256 with an RS256 key.
    ///
    /// # Errors
    /// [`KeyError::Family`] if the key is of another family.
    pub fn with_algorithm(&self, algorithm: SigningAlgorithm) -> Result<Self, KeyError> {
        if self.algorithm.family() != algorithm.family() {
            return Err(KeyError::Family {
                key: self.algorithm.name(),
                algorithm: algorithm.name(),
            });
        }
        Ok(Self {
            algorithm,
            ..self.clone()
        })
    }

    /// The same key under another id, for example that of a key that the server publishes.
    #[must_use]
    pub fn with_key_id(&self, key_id: impl Into<String>) -> Self {
        Self {
            key_id: key_id.into(),
            ..self.clone()
        }
    }

    /// The `kid`: random, and never used twice.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The algorithm it signs with.
    #[must_use]
    pub const fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    /// What it is published for.
    #[must_use]
    pub const fn key_use(&self) -> KeyUse {
        self.key_use
    }

    /// The public JWK with `kid`, `use` and `alg`. Of an HMAC key it holds the secret.
    #[must_use]
    pub fn jwk(&self) -> Value {
        let mut jwk = self.material.public_jwk(self.algorithm);
        let (key_use, algorithm) = match self.key_use {
            KeyUse::Signature => ("sig", self.algorithm.name()),
            KeyUse::Encryption => ("enc", "RSA-OAEP"),
        };
        if let Some(members) = jwk.as_object_mut() {
            members.insert("kid".to_owned(), json!(self.key_id));
            members.insert("use".to_owned(), json!(key_use));
            members.insert("alg".to_owned(), json!(algorithm));
        }
        jwk
    }

    /// The public key as DER (`SubjectPublicKeyInfo`). Of an HMAC key it is the secret.
    #[must_use]
    pub fn public_key_der(&self) -> Vec<u8> {
        self.material.public_der().to_vec()
    }

    /// The public key as PEM, with a final line break.
    #[must_use]
    pub fn public_key_pem(&self) -> String {
        pem::encode("PUBLIC KEY", self.material.public_der())
    }

    /// The private key as PEM (`PRIVATE KEY`, PKCS#8), with a final line break, for a client that
    /// signs its assertions. Of an HMAC key it is the secret, which no such file can hold.
    #[must_use]
    pub fn private_key_pem(&self) -> String {
        pem::encode("PRIVATE KEY", self.material.private_der())
    }

    /// The thumbprint of the public key, RFC 7638, as it stands in `cnf.jkt`. Of an HMAC key it is
    /// that of the secret.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        let jwk = self.jwk();
        let canonical: BTreeMap<_, _> = ["crv", "e", "k", "kty", "n", "x", "y"]
            .into_iter()
            .filter_map(|name| Some((name, jwk.get(name)?)))
            .collect();
        let canonical = json!(canonical).to_string();
        URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical.as_bytes()))
    }

    /// The JWK with its private members. Of an HMAC key it is the same as [`jwk`](Self::jwk).
    ///
    /// # Panics
    /// If the backend does not give the key away.
    #[must_use]
    pub fn private_jwk(&self) -> Value {
        let mut jwk = self.jwk();
        let private = private_members(&self.material, self.algorithm);
        let mut private = KeyError::or_panic(private.ok_or(KeyError::Export {
            algorithm: self.algorithm.name(),
        }));
        if let Some(members) = jwk.as_object_mut() {
            members.append(&mut private);
        }
        jwk
    }

    /// The signature over any bytes, in the form JWS wants (ECDSA: r and s side by side).
    ///
    /// # Panics
    /// If the backend refuses to sign.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        KeyError::or_panic(self.material.sign(self.algorithm, message))
    }

    /// A compact JWS over header and payload exactly as given, well-formed or not.
    ///
    /// # Panics
    /// If the backend refuses to sign.
    #[must_use]
    pub fn sign_raw(&self, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
        let message = signing_input(header.as_ref(), payload.as_ref());
        let signature = self.sign(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// `base64url(header) "." base64url(payload)`, RFC 7515 section 5.1.
pub(crate) fn signing_input(header: &[u8], payload: &[u8]) -> String {
    format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(payload)
    )
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("key_id", &self.key_id)
            .field("algorithm", &self.algorithm)
            .field("key_use", &self.key_use)
            .finish_non_exhaustive()
    }
}
