//! The private members of a JWK, RFC 7518 section 6 and RFC 8037 section 2.

use aws_lc_rs::{
    encoding::AsBigEndian as _,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING,
        ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use super::{
    algorithm::{Family, SigningAlgorithm},
    material::Material,
};

/// The numbers of an RFC 8017 `RSAPrivateKey` behind version, `n` and `e`, by their JWK names.
const RSA_MEMBERS: [&str; 6] = ["d", "p", "q", "dp", "dq", "qi"];

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;

/// The members that belong to the owner of the key alone. Of an HMAC key, whose public form has
/// the secret already, there are none.
pub(crate) fn private_members(
    material: &Material,
    algorithm: SigningAlgorithm,
) -> Option<Map<String, Value>> {
    let mut members = Map::new();
    let mut insert = |name: &str, bytes: &[u8]| {
        members.insert(name.to_owned(), json!(URL_SAFE_NO_PAD.encode(bytes)));
    };
    match material {
        Material::Rsa(key) => {
            let numbers = integers(key.private_der())?;
            for (name, number) in RSA_MEMBERS.into_iter().zip(numbers.into_iter().skip(3)) {
                insert(name, number);
            }
        }
        Material::Ec { pkcs8, .. } => {
            let curve = match algorithm.family() {
                Family::P384 => &ECDSA_P384_SHA384_FIXED_SIGNING,
                Family::P521 => &ECDSA_P521_SHA512_FIXED_SIGNING,
                _ => &ECDSA_P256_SHA256_FIXED_SIGNING,
            };
            let pair = EcdsaKeyPair::from_pkcs8(curve, pkcs8).ok()?;
            insert("d", pair.private_key().as_be_bytes().ok()?.as_ref());
        }
        Material::Ed25519 { pkcs8, .. } => {
            let pair = Ed25519KeyPair::from_pkcs8(pkcs8).ok()?;
            insert("d", pair.seed().ok()?.as_be_bytes().ok()?.as_ref());
        }
        Material::Hmac { .. } => {}
    }
    Some(members)
}

/// The integers of a DER sequence, without the octet that keeps them positive.
fn integers(der: &[u8]) -> Option<Vec<&[u8]>> {
    let (mut rest, _) = element(der, SEQUENCE)?;
    let mut integers = Vec::new();
    while !rest.is_empty() {
        let (integer, behind) = element(rest, INTEGER)?;
        integers.push(integer.strip_prefix(&[0]).unwrap_or(integer));
        rest = behind;
    }
    Some(integers)
}

/// The contents of the element in front, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&first, rest) = der.strip_prefix(&[tag])?.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (octets, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        let length = octets
            .iter()
            .fold(0, |length, octet| (length << 8) | usize::from(*octet));
        (length, rest)
    };
    rest.split_at_checked(length)
}
