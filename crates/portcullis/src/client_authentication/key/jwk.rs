use aws_lc_rs::{
    rsa::{KeyPairComponents, PublicKeyComponents},
    signature::{EcdsaKeyPair, Ed25519KeyPair, RsaKeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

use super::{
    pair::{Curve, KeyPair},
    refused,
};
use crate::{Algorithm, ConfigError};

/// A private JWK that has been read.
pub(super) struct Jwk {
    pub(super) pair: KeyPair,
    pub(super) algorithm: Option<Algorithm>,
    pub(super) key_id: Option<String>,
}

/// The members of a private signing key (RFC 7518 §6, RFC 8037 §2).
#[derive(Deserialize)]
struct Members {
    kty: String,
    #[serde(rename = "use")]
    key_use: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    kid: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    d: Option<String>,
    p: Option<String>,
    q: Option<String>,
    dp: Option<String>,
    dq: Option<String>,
    qi: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

/// Reads a private JWK. No error repeats anything of it.
pub(super) fn read(json: &[u8]) -> Result<Jwk, ConfigError> {
    let members: Members =
        serde_json::from_slice(json).map_err(|_| refused("it is not one JWK"))?;
    if members.d.is_none() {
        return Err(refused("the JWK has no private part `d`"));
    }
    let is_for_signing = members
        .key_use
        .as_deref()
        .is_none_or(|key_use| key_use == "sig")
        && members
            .key_ops
            .as_ref()
            .is_none_or(|operations| operations.iter().any(|one| one == "sign"));
    if !is_for_signing {
        return Err(refused("the JWK is not for signing (`use`, `key_ops`)"));
    }
    let algorithm = match members.alg.as_deref() {
        Some(alg) => Some(
            Algorithm::from_name(alg)
                .ok_or_else(|| refused("the `alg` of the JWK is not one to sign with"))?,
        ),
        None => None,
    };
    let pair = match (members.kty.as_str(), members.crv.as_deref()) {
        ("RSA", _) => rsa(&members),
        ("EC", Some(curve)) => ec(&members, curve),
        ("OKP", Some("Ed25519")) => ed25519(&members),
        _ => return Err(refused("the JWK is of a kind or curve that is not used")),
    };
    let problem =
        "members of the JWK are missing or contradict each other, or its size is not used";
    Ok(Jwk {
        pair: pair.ok_or_else(|| refused(problem))?,
        algorithm,
        key_id: members.kid,
    })
}

fn rsa(members: &Members) -> Option<KeyPair> {
    let components = KeyPairComponents {
        public_key: PublicKeyComponents {
            n: number(&members.n)?,
            e: number(&members.e)?,
        },
        d: number(&members.d)?,
        p: number(&members.p)?,
        q: number(&members.q)?,
        dP: number(&members.dp)?,
        dQ: number(&members.dq)?,
        qInv: number(&members.qi)?,
    };
    RsaKeyPair::from_components(&components)
        .map(KeyPair::Rsa)
        .ok()
}

fn ec(members: &Members, name: &str) -> Option<KeyPair> {
    let curve = Curve::ALL.into_iter().find(|curve| curve.name() == name)?;
    let coordinate = |member| bytes(member).filter(|bytes| bytes.len() == curve.coordinate());
    let (x, y) = (coordinate(&members.x)?, coordinate(&members.y)?);
    // The uncompressed point of SEC 1 §2.3.3.
    let point = [&[0x04], x.as_slice(), y.as_slice()].concat();
    let pair = EcdsaKeyPair::from_private_key_and_public_key(
        curve.signing(),
        &coordinate(&members.d)?,
        &point,
    );
    Some(KeyPair::Ec(curve, pair.ok()?))
}

fn ed25519(members: &Members) -> Option<KeyPair> {
    const SEED: usize = 32;
    let seed = bytes(&members.d).filter(|seed| seed.len() == SEED)?;
    let pair = Ed25519KeyPair::from_seed_and_public_key(&seed, &bytes(&members.x)?);
    pair.map(KeyPair::Ed25519).ok()
}

fn bytes(member: &Option<String>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(member.as_ref()?).ok()
}

/// A number without zeros in front.
fn number(member: &Option<String>) -> Option<Vec<u8>> {
    let bytes = bytes(member)?;
    let first = bytes.iter().position(|byte| *byte != 0)?;
    bytes.get(first..).map(<[u8]>::to_vec)
}
