//! The public half of a client's key, and the signatures that are held against it.

use aws_lc_rs::signature::{ECDSA_P521_SHA512_FIXED, UnparsedPublicKey};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, crypto::aws_lc::DEFAULT_PROVIDER};
use serde_json::Value;

use super::{
    algorithm::{Family, SigningAlgorithm},
    pem,
};

/// A public key as a client registers it. One that cannot be read verifies nothing.
#[derive(Debug, Clone)]
pub(crate) struct VerificationKey {
    key_id: Option<String>,
    algorithm: Option<String>,
    material: PublicMaterial,
}

#[derive(Debug, Clone)]
enum PublicMaterial {
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// An uncompressed point.
    Ec {
        family: Family,
        point: Vec<u8>,
    },
    Ed25519 {
        x: Vec<u8>,
    },
    /// RFC 5280 `SubjectPublicKeyInfo` of any family.
    Info(Vec<u8>),
}

impl VerificationKey {
    /// The keys of a JWK set, or of one JWK. Entries that are no public key for signatures are
    /// left out.
    pub(crate) fn from_jwks(document: &Value) -> Vec<Self> {
        match document.get("keys").and_then(Value::as_array) {
            Some(keys) => keys.iter().filter_map(Self::from_jwk).collect(),
            None => Self::from_jwk(document).into_iter().collect(),
        }
    }

    /// A `PUBLIC KEY` of RFC 7468; `None` if it is not one.
    pub(crate) fn from_pem(text: &str) -> Option<Self> {
        Some(Self {
            key_id: None,
            algorithm: None,
            material: PublicMaterial::Info(pem::decode("PUBLIC KEY", text)?),
        })
    }

    fn from_jwk(jwk: &Value) -> Option<Self> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?).ok();
        if text("use").is_some_and(|key_use| key_use != "sig") {
            return None;
        }
        let ec = |family, length| {
            let (x, y) = (bytes("x")?, bytes("y")?);
            let point = [&[4], x.as_slice(), y.as_slice()].concat();
            (x.len() == length && y.len() == length).then_some(PublicMaterial::Ec { family, point })
        };
        let material = match (text("kty")?, text("crv")) {
            ("RSA", _) => PublicMaterial::Rsa {
                n: bytes("n")?,
                e: bytes("e")?,
            },
            ("EC", Some("P-256")) => ec(Family::P256, 32)?,
            ("EC", Some("P-384")) => ec(Family::P384, 48)?,
            ("EC", Some("P-521")) => ec(Family::P521, 66)?,
            ("OKP", Some("Ed25519")) => PublicMaterial::Ed25519 { x: bytes("x")? },
            _ => return None,
        };
        Some(Self {
            key_id: text("kid").map(str::to_owned),
            algorithm: text("alg").map(str::to_owned),
            material,
        })
    }

    /// Whether a JWS with this header may be held against it: neither id nor algorithm disagree.
    pub(crate) fn fits(&self, key_id: Option<&str>, algorithm: SigningAlgorithm) -> bool {
        let id_agrees = match (self.key_id.as_deref(), key_id) {
            (Some(own), Some(named)) => own == named,
            _ => true,
        };
        let own_algorithm = self.algorithm.as_deref();
        id_agrees && own_algorithm.is_none_or(|own| SigningAlgorithm::named(own) == Some(algorithm))
    }

    /// Whether the signature is by this key. Never true of an HMAC: a public key is no secret.
    pub(crate) fn verifies(
        &self,
        algorithm: SigningAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        let family = algorithm.family();
        if family == Family::P521 {
            return self.verifies_p521(message, signature);
        }
        let key = match (&self.material, family) {
            (PublicMaterial::Rsa { n, e }, Family::Rsa) => {
                DecodingKey::from_rsa_raw_components(n, e)
            }
            (PublicMaterial::Ec { family: own, point }, family) if *own == family => {
                DecodingKey::from_ec_der(point)
            }
            (PublicMaterial::Ed25519 { x }, Family::Ed25519) => DecodingKey::from_ed_der(x),
            (PublicMaterial::Info(info), Family::Rsa) => DecodingKey::from_rsa_der(info),
            (PublicMaterial::Info(info), Family::P256 | Family::P384) => {
                DecodingKey::from_ec_der(info)
            }
            (PublicMaterial::Info(info), Family::Ed25519) => DecodingKey::from_ed_der(info),
            _ => return false,
        };
        verifies(&key, algorithm, message, signature)
    }

    fn verifies_p521(&self, message: &[u8], signature: &[u8]) -> bool {
        let (PublicMaterial::Ec {
            family: Family::P521,
            point: bytes,
        }
        | PublicMaterial::Info(bytes)) = &self.material
        else {
            return false;
        };
        let key = UnparsedPublicKey::new(&ECDSA_P521_SHA512_FIXED, bytes);
        key.verify(message, signature).is_ok()
    }
}

/// Whether the signature is an HMAC over this secret.
pub(crate) fn verifies_hmac(
    secret: &[u8],
    algorithm: SigningAlgorithm,
    message: &[u8],
    signature: &[u8],
) -> bool {
    algorithm.family() == Family::Hmac
        && verifies(
            &DecodingKey::from_secret(secret),
            algorithm,
            message,
            signature,
        )
}

/// By jsonwebtoken, whose provider is named as in `material.rs`.
fn verifies(
    key: &DecodingKey,
    algorithm: SigningAlgorithm,
    message: &[u8],
    signature: &[u8],
) -> bool {
    let Some(algorithm) = algorithm.jsonwebtoken() else {
        return false;
    };
    (DEFAULT_PROVIDER.verifier_factory)(&algorithm, key)
        .is_ok_and(|verifier| verifier.verify(message, &signature.to_vec()).is_ok())
}
