use aws_lc_rs::signature::{EcdsaKeyPair, Ed25519KeyPair, RsaKeyPair};
use rustls_pki_types::{PrivateKeyDer, pem::PemObject};

use super::{
    pair::{Curve, KeyPair},
    refused,
};
use crate::ConfigError;

/// The one private key of a text.
pub(super) fn read(pem: &[u8]) -> Result<KeyPair, ConfigError> {
    let mut keys = PrivateKeyDer::pem_slice_iter(pem);
    let (Some(Ok(key)), None) = (keys.next(), keys.next()) else {
        return Err(refused(
            "there is not exactly one unencrypted private key in PEM",
        ));
    };
    let pair = match &key {
        PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der())
            .map(KeyPair::Rsa)
            .ok(),
        PrivateKeyDer::Sec1(der) => ec(der.secret_sec1_der()),
        PrivateKeyDer::Pkcs8(der) => pkcs8(der.secret_pkcs8_der()),
        _ => None,
    };
    pair.ok_or_else(|| refused("the private key is of a kind, size or curve that is not used"))
}

fn pkcs8(der: &[u8]) -> Option<KeyPair> {
    RsaKeyPair::from_pkcs8(der)
        .map(KeyPair::Rsa)
        .or_else(|_| Ed25519KeyPair::from_pkcs8(der).map(KeyPair::Ed25519))
        .ok()
        .or_else(|| ec(der))
}

fn ec(der: &[u8]) -> Option<KeyPair> {
    Curve::ALL.into_iter().find_map(|curve| {
        let pair = EcdsaKeyPair::from_private_key_der(curve.signing(), der).ok()?;
        Some(KeyPair::Ec(curve, pair))
    })
}
