use super::jwk::Jwk;
use crate::{Algorithm, Thumbprint, claims::Members};

/// A public key that came with what it signed: it proves that somebody holds it, and nothing
/// else.
pub(crate) struct EmbeddedKey {
    jwk: Jwk,
}

impl EmbeddedKey {
    /// Members that only a private or a secret key has (RFC 7518 §6).
    const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

    /// A public key; `None` for what is none, or says too much.
    pub(crate) fn parse(json: &str) -> Option<Self> {
        let members = Members::parse(json).ok()?;
        if Self::PRIVATE.iter().any(|name| members.get(name).is_some()) {
            return None;
        }
        let jwk = Jwk::parse(json).ok()?;
        Some(Self { jwk })
    }

    /// Whether it has made the signature by this algorithm.
    pub(crate) fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let keys = self.jwk.verification_keys(&[algorithm]).unwrap_or_default();
        keys.iter()
            .any(|(_, key)| key.verify_sig(message, signature).is_ok())
    }

    /// Its thumbprint (RFC 7638 §3); `None` when a member is missing.
    pub(crate) fn thumbprint(&self, algorithm: Algorithm) -> Option<Thumbprint> {
        let canonical = self.jwk.canonical(algorithm)?;
        Some(Thumbprint::of(canonical.to_string().as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_is_that_of_rfc_8037() {
        let key =
            r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        let thumbprint = EmbeddedKey::parse(key)
            .unwrap()
            .thumbprint(Algorithm::EdDsa);
        let expected = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
        assert_eq!(thumbprint.unwrap().to_string(), expected);
    }

    #[test]
    fn the_thumbprint_is_that_of_rfc_7638() {
        let modulus = concat!(
            "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86z",
            "wu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5Js",
            "GY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMic",
            "AtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-",
            "bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csF",
            "Cur-kEgU8awapJzKnqDKgw",
        );
        let key = format!(
            r#"{{"kty":"RSA","n":"{modulus}","e":"AQAB","alg":"RS256","kid":"2011-04-29"}}"#
        );
        let thumbprint = EmbeddedKey::parse(&key)
            .unwrap()
            .thumbprint(Algorithm::Rs256);
        let expected = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";
        assert_eq!(thumbprint.unwrap().to_string(), expected);
    }

    #[test]
    fn a_private_key_is_refused() {
        for member in EmbeddedKey::PRIVATE {
            let key = format!(
                r#"{{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","{member}":"AA"}}"#
            );
            assert!(EmbeddedKey::parse(&key).is_none(), "{member}");
        }
    }
}
