use std::fmt;

use aws_lc_rs::signature::{
    self, EcdsaVerificationAlgorithm, RsaParameters, VerificationAlgorithm,
};

/// A signature algorithm of JOSE (RFC 7518 §3.1, RFC 8037, RFC 9864). All are asymmetric: `none`
/// and the HMAC algorithms do not exist here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// RSASSA-PSS with SHA-384.
    Ps384,
    /// RSASSA-PSS with SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// ECDSA on P-521 with SHA-512.
    Es512,
    /// `EdDSA` on Ed25519, under the name of RFC 8037.
    EdDsa,
    /// `EdDSA` on Ed25519, under the name of RFC 9864.
    Ed25519,
}

/// What it takes to make a verification key for an algorithm.
#[derive(Clone, Copy)]
pub(super) enum Family {
    Rsa(&'static RsaParameters),
    Ec {
        curve: &'static str,
        coordinate: usize,
        verification: &'static EcdsaVerificationAlgorithm,
    },
    Okp {
        curve: &'static str,
        verification: &'static dyn VerificationAlgorithm,
    },
}

impl Algorithm {
    /// Every algorithm there is.
    pub const ALL: &'static [Self] = &[
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::Es512,
        Self::EdDsa,
        Self::Ed25519,
    ];

    /// The `alg` value, such as `RS256`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::EdDsa => "EdDSA",
            Self::Ed25519 => "Ed25519",
        }
    }

    /// The algorithm of this `alg` value, letter for letter; `None` when there is none.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|algorithm| algorithm.name() == name)
    }

    /// Whether a key whose JWK says `alg` may be used with this algorithm. The two names of
    /// Ed25519 are one algorithm.
    pub(super) fn is_named_by(self, alg: &str) -> bool {
        let is_ed25519 = |name: &str| matches!(name, "EdDSA" | "Ed25519");
        self.name() == alg || (is_ed25519(self.name()) && is_ed25519(alg))
    }

    pub(super) const fn family(self) -> Family {
        match self {
            Self::Rs256 => Family::Rsa(&signature::RSA_PKCS1_2048_8192_SHA256),
            Self::Rs384 => Family::Rsa(&signature::RSA_PKCS1_2048_8192_SHA384),
            Self::Rs512 => Family::Rsa(&signature::RSA_PKCS1_2048_8192_SHA512),
            Self::Ps256 => Family::Rsa(&signature::RSA_PSS_2048_8192_SHA256),
            Self::Ps384 => Family::Rsa(&signature::RSA_PSS_2048_8192_SHA384),
            Self::Ps512 => Family::Rsa(&signature::RSA_PSS_2048_8192_SHA512),
            Self::Es256 => Family::Ec {
                curve: "P-256",
                coordinate: 32,
                verification: &signature::ECDSA_P256_SHA256_FIXED,
            },
            Self::Es384 => Family::Ec {
                curve: "P-384",
                coordinate: 48,
                verification: &signature::ECDSA_P384_SHA384_FIXED,
            },
            Self::Es512 => Family::Ec {
                curve: "P-521",
                coordinate: 66,
                verification: &signature::ECDSA_P521_SHA512_FIXED,
            },
            Self::EdDsa | Self::Ed25519 => Family::Okp {
                curve: "Ed25519",
                verification: &signature::ED25519,
            },
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_matched_letter_for_letter() {
        for name in [
            "rs256", "Rs256", "RS256 ", "none", "None", "", "HS256", "ES256K", "Ed448",
        ] {
            assert_eq!(Algorithm::from_name(name), None, "{name:?}");
        }
        for algorithm in Algorithm::ALL.iter().copied() {
            assert_eq!(Algorithm::from_name(algorithm.name()), Some(algorithm));
        }
    }
}
