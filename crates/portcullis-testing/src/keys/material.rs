//! The private half of a key, and the two backends that sign with it.

use aws_lc_rs::{
    encoding::AsDer as _,
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING,
        ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair,
        KeyPair as _,
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{EncodingKey, crypto::aws_lc::DEFAULT_PROVIDER, jwk::EllipticCurve};
use serde_json::{Value, json};

use super::{
    algorithm::{Family, SigningAlgorithm},
    rsa_pool::RsaKey,
};
use crate::error::KeyError;

pub(crate) enum Material {
    Rsa(RsaKey),
    Ec {
        pkcs8: Vec<u8>,
        public_der: Vec<u8>,
        point: Vec<u8>,
    },
    Ed25519 {
        pkcs8: Vec<u8>,
        public_der: Vec<u8>,
    },
    Hmac {
        secret: Vec<u8>,
    },
}

impl Material {
    pub(crate) fn generate(algorithm: SigningAlgorithm) -> Result<Self, KeyError> {
        let material = match algorithm.family() {
            Family::Rsa => return RsaKey::take().map(Self::Rsa),
            Family::P256 => ec(&ECDSA_P256_SHA256_FIXED_SIGNING),
            Family::P384 => ec(&ECDSA_P384_SHA384_FIXED_SIGNING),
            Family::P521 => ec(&ECDSA_P521_SHA512_FIXED_SIGNING),
            Family::Ed25519 => ed25519(),
            Family::Hmac => None,
        };
        material.ok_or(KeyError::Generate {
            algorithm: algorithm.name(),
        })
    }

    /// The RFC 5280 `SubjectPublicKeyInfo`; of an HMAC key, which has none, the secret.
    pub(crate) fn public_der(&self) -> &[u8] {
        match self {
            Self::Rsa(key) => key.public_der(),
            Self::Ec { public_der, .. } | Self::Ed25519 { public_der, .. } => public_der,
            Self::Hmac { secret } => secret,
        }
    }

    /// The RFC 5208 `PrivateKeyInfo`; of an HMAC key, which has none, the secret.
    pub(crate) fn private_der(&self) -> &[u8] {
        match self {
            Self::Rsa(key) => key.pkcs8(),
            Self::Ec { pkcs8, .. } | Self::Ed25519 { pkcs8, .. } => pkcs8,
            Self::Hmac { secret } => secret,
        }
    }

    /// The signature bytes, by jsonwebtoken wherever it knows the algorithm. Its provider is
    /// named and never the process default, which panics when both backends are compiled in.
    pub(crate) fn sign(
        &self,
        algorithm: SigningAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, KeyError> {
        let refused = |reason: String| KeyError::Sign {
            algorithm: algorithm.name(),
            reason,
        };
        let Some(jsonwebtoken_algorithm) = algorithm.jsonwebtoken() else {
            return self
                .sign_p521(message)
                .ok_or_else(|| refused("not a P-521 key".to_owned()));
        };
        let key = match self {
            Self::Rsa(key) => EncodingKey::from_rsa_der(key.private_der()),
            Self::Ec { pkcs8, .. } => EncodingKey::from_ec_der(pkcs8),
            Self::Ed25519 { pkcs8, .. } => EncodingKey::from_ed_der(pkcs8),
            Self::Hmac { secret } => EncodingKey::from_secret(secret),
        };
        let signer = (DEFAULT_PROVIDER.signer_factory)(&jsonwebtoken_algorithm, &key)
            .map_err(|error| refused(error.to_string()))?;
        signer
            .try_sign(message)
            .map_err(|error| refused(error.to_string()))
    }

    fn sign_p521(&self, message: &[u8]) -> Option<Vec<u8>> {
        let Self::Ec { pkcs8, .. } = self else {
            return None;
        };
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P521_SHA512_FIXED_SIGNING, pkcs8).ok()?;
        Some(
            pair.sign(&SystemRandom::new(), message)
                .ok()?
                .as_ref()
                .to_vec(),
        )
    }

    /// The members of the public JWK that depend on the key type.
    pub(crate) fn public_jwk(&self, algorithm: SigningAlgorithm) -> Value {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let utilities = &DEFAULT_PROVIDER.key_utils;
        match self {
            Self::Rsa(key) => {
                let (n, e) = (utilities.rsa_pub_components_from_private_key)(key.private_der())
                    .unwrap_or_default();
                json!({"kty": "RSA", "n": encode(&n), "e": encode(&e)})
            }
            Self::Ec { point, .. } => {
                let curve = match algorithm.family() {
                    Family::P384 => "P-384",
                    Family::P521 => "P-521",
                    _ => "P-256",
                };
                // An uncompressed point: the octet 4, then x and y of equal length.
                let coordinates = point.get(1..).unwrap_or_default();
                let (x, y) = coordinates.split_at(coordinates.len() / 2);
                json!({"kty": "EC", "crv": curve, "x": encode(x), "y": encode(y)})
            }
            Self::Ed25519 { pkcs8, .. } => {
                let x =
                    (utilities.ed_pub_components_from_private_key)(pkcs8, &EllipticCurve::Ed25519)
                        .unwrap_or_default();
                json!({"kty": "OKP", "crv": "Ed25519", "x": encode(&x)})
            }
            Self::Hmac { secret } => json!({"kty": "oct", "k": encode(secret)}),
        }
    }
}

fn ec(algorithm: &'static EcdsaSigningAlgorithm) -> Option<Material> {
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).ok()?;
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref()).ok()?;
    Some(Material::Ec {
        pkcs8: pkcs8.as_ref().to_vec(),
        public_der: pair.public_key().as_der().ok()?.as_ref().to_vec(),
        point: pair.public_key().as_ref().to_vec(),
    })
}

fn ed25519() -> Option<Material> {
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).ok()?;
    let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).ok()?;
    Some(Material::Ed25519 {
        pkcs8: pkcs8.as_ref().to_vec(),
        public_der: pair.public_key().as_der().ok()?.as_ref().to_vec(),
    })
}
