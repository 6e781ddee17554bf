use aws_lc_rs::signature::{ParsedPublicKey, RsaPublicKeyComponents};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, json};

use super::{Algorithm, SkippedKey, algorithm::Family, small_order::is_of_small_order};

/// One key as it is published (RFC 7517 §4, RFC 7518 §6, RFC 8037 §2).
#[derive(Deserialize)]
pub(super) struct Jwk {
    kty: String,
    pub(super) kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
    d: Option<IgnoredAny>,
}

impl Jwk {
    pub(super) fn parse(json: &str) -> Result<Self, SkippedKey> {
        serde_json::from_str(json).map_err(|_| SkippedKey::NotAJwk)
    }

    pub(super) fn has_private_part(&self) -> bool {
        self.d.is_some()
    }

    /// What its thumbprint is taken of (RFC 7638 §3, RFC 8037 §2): the members that make it the key it
    /// is, for this algorithm; `None` when one is missing.
    pub(super) fn canonical(&self, algorithm: Algorithm) -> Option<Value> {
        let Self { n, e, x, y, .. } = self;
        // `serde_json` writes members in the order of their names.
        Some(match algorithm.family() {
            Family::Rsa(_) => json!({"e": e.as_ref()?, "kty": "RSA", "n": n.as_ref()?}),
            Family::Ec { curve, .. } => {
                json!({"crv": curve, "kty": "EC", "x": x.as_ref()?, "y": y.as_ref()?})
            }
            Family::Okp { curve, .. } => json!({"crv": curve, "kty": "OKP", "x": x.as_ref()?}),
        })
    }

    /// The parsed public key, once for every allowed algorithm that it can be used with.
    pub(super) fn verification_keys(
        &self,
        allowed: &[Algorithm],
    ) -> Result<Vec<(Algorithm, ParsedPublicKey)>, SkippedKey> {
        if self
            .purpose
            .as_deref()
            .is_some_and(|purpose| purpose != "sig")
        {
            return Err(SkippedKey::NotForSignatures);
        }
        if let Some(operations) = &self.key_ops
            && !operations.iter().any(|operation| operation == "verify")
        {
            return Err(SkippedKey::NotForSignatures);
        }
        let usable: Vec<_> = allowed
            .iter()
            .copied()
            .filter(|algorithm| self.is_usable_with(*algorithm))
            .collect();
        if usable.is_empty() {
            let mut all = Algorithm::ALL.iter();
            return Err(if all.any(|algorithm| self.has_type_of(*algorithm)) {
                SkippedKey::AlgorithmNotAllowed
            } else {
                SkippedKey::UnsupportedType
            });
        }
        usable
            .into_iter()
            .map(|algorithm| {
                let key = self.verification_key(algorithm.family());
                Ok((algorithm, key.ok_or(SkippedKey::BadParameters)?))
            })
            .collect()
    }

    /// Whether type, curve and `alg` of the key are those of the algorithm.
    fn is_usable_with(&self, algorithm: Algorithm) -> bool {
        let alg = self.alg.as_deref();
        self.has_type_of(algorithm) && alg.is_none_or(|alg| algorithm.is_named_by(alg))
    }

    /// Whether type and curve of the key are those of the algorithm.
    fn has_type_of(&self, algorithm: Algorithm) -> bool {
        let (kty, crv) = match algorithm.family() {
            Family::Rsa(_) => ("RSA", None),
            Family::Ec { curve, .. } => ("EC", Some(curve)),
            Family::Okp { curve, .. } => ("OKP", Some(curve)),
        };
        self.kty == kty && (crv.is_none() || self.crv.as_deref() == crv)
    }

    fn verification_key(&self, family: Family) -> Option<ParsedPublicKey> {
        match family {
            Family::Rsa(parameters) => {
                let n = without_leading_zeros(decode(&self.n)?);
                let e = without_leading_zeros(decode(&self.e)?);
                if !is_sound_modulus(&n) || !is_sound_exponent(&e) {
                    return None;
                }
                RsaPublicKeyComponents { n, e }
                    .to_parsed_public_key(parameters)
                    .ok()
            }
            Family::Ec {
                coordinate,
                verification,
                ..
            } => {
                let (x, y) = (decode(&self.x)?, decode(&self.y)?);
                if x.len() != coordinate || y.len() != coordinate {
                    return None;
                }
                const UNCOMPRESSED: u8 = 4;
                let point = [&[UNCOMPRESSED], x.as_slice(), y.as_slice()].concat();
                ParsedPublicKey::new(verification, point).ok()
            }
            Family::Okp { verification, .. } => {
                let x = decode(&self.x)?;
                const LENGTH: usize = 32;
                if x.len() != LENGTH || is_of_small_order(&x) {
                    return None;
                }
                ParsedPublicKey::new(verification, x).ok()
            }
        }
    }
}

fn decode(member: &Option<String>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(member.as_deref()?).ok()
}

fn without_leading_zeros(bytes: Vec<u8>) -> Vec<u8> {
    bytes.into_iter().skip_while(|byte| *byte == 0).collect()
}

/// 2048 to 8192 bits: less is weak (RFC 7518 §3.3), more only costs time.
fn is_sound_modulus(n: &[u8]) -> bool {
    let Some(first) = n.first() else {
        return false;
    };
    let bits = n.len() * 8 - first.leading_zeros() as usize;
    let is_odd = n.last().is_some_and(|last| last % 2 == 1);
    (2048..=8192).contains(&bits) && is_odd
}

/// An odd number of at least 3 and at most 2³².
fn is_sound_exponent(e: &[u8]) -> bool {
    if e.len() > 5 {
        return false;
    }
    let value = e
        .iter()
        .fold(0_u64, |value, byte| (value << 8) | u64::from(*byte));
    (3..=1 << 32).contains(&value) && value % 2 == 1
}
