//! Keys that sign the same in every run.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// The id of the issuer's key.
pub(crate) const KEY_ID: &str = "key-1";

/// Somebody with an Ed25519 key that everybody knows.
pub(crate) struct Signer {
    pair: Ed25519KeyPair,
}

impl Signer {
    /// The issuer of the tokens.
    pub(crate) fn issuer() -> Self {
        Self::of([1; 32])
    }

    /// A client that proves to hold a key.
    pub(crate) fn client() -> Self {
        Self::of([2; 32])
    }

    fn of(seed: [u8; 32]) -> Self {
        Self {
            pair: Ed25519KeyPair::from_seed_unchecked(&seed).unwrap(),
        }
    }

    /// The member `x` of its JWK (RFC 8037 §2).
    pub(crate) fn x(&self) -> String {
        base64url(self.pair.public_key())
    }

    /// Its thumbprint (RFC 7638 §3).
    pub(crate) fn thumbprint(&self) -> String {
        let jwk = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, self.x());
        sha256(jwk.as_bytes())
    }

    /// A key set with this key alone.
    pub(crate) fn key_set(&self) -> String {
        let x = self.x();
        format!(
            r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","kid":"{KEY_ID}","use":"sig","x":"{x}"}}]}}"#
        )
    }

    /// A compact JWS over any header and payload.
    pub(crate) fn sign(&self, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
        let message = format!("{}.{}", base64url(header), base64url(payload));
        let signature = self.pair.sign(message.as_bytes());
        format!("{message}.{}", base64url(signature))
    }
}

/// A compact JWS that nobody has signed.
pub(crate) fn unsigned(header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
    let nothing = [0; 64];
    let parts = [base64url(header), base64url(payload), base64url(nothing)];
    parts.join(".")
}

pub(crate) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// SHA-256 in base64url.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    base64url(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes))
}
