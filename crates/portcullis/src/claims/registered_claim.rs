use super::claim_value::Reading;

/// The claims that are listened to (RFC 7519 §4.1, RFC 7662 §2.2, and those that are read beside them).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RegisteredClaim {
    Iss,
    Sub,
    Aud,
    Exp,
    Nbf,
    Iat,
    Jti,
    ClientId,
    Azp,
    Sid,
    Scope,
    Scp,
    Typ,
    TokenType,
    TokenUse,
    Cnf,
    Act,
    Events,
    Active,
    #[cfg(feature = "status-list")]
    Status,
}

/// Some of the registered claims.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RegisteredClaimSet(u32);

impl RegisteredClaimSet {
    /// Adds a claim; whether it was not there yet.
    pub(super) fn add(&mut self, claim: RegisteredClaim) -> bool {
        let is_new = !self.has(claim);
        self.0 |= Self::bit(claim);
        is_new
    }

    pub(super) fn has(self, claim: RegisteredClaim) -> bool {
        self.0 & Self::bit(claim) != 0
    }

    const fn bit(claim: RegisteredClaim) -> u32 {
        1 << claim as u32
    }
}

impl RegisteredClaim {
    /// The claim of this name, if it is one of them.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "iss" => Self::Iss,
            "sub" => Self::Sub,
            "aud" => Self::Aud,
            "exp" => Self::Exp,
            "nbf" => Self::Nbf,
            "iat" => Self::Iat,
            "jti" => Self::Jti,
            "client_id" => Self::ClientId,
            "azp" => Self::Azp,
            "sid" => Self::Sid,
            "scope" => Self::Scope,
            "scp" => Self::Scp,
            "typ" => Self::Typ,
            "token_type" => Self::TokenType,
            "token_use" => Self::TokenUse,
            "cnf" => Self::Cnf,
            "act" => Self::Act,
            "events" => Self::Events,
            "active" => Self::Active,
            #[cfg(feature = "status-list")]
            "status" => Self::Status,
            _ => return None,
        })
    }

    /// How it is read.
    pub(super) fn reading(self) -> Reading {
        match self {
            Self::Iss
            | Self::Sub
            | Self::Jti
            | Self::ClientId
            | Self::Azp
            | Self::Sid
            | Self::Typ
            | Self::TokenType
            | Self::TokenUse
            | Self::Active => Reading::Plain,
            Self::Aud | Self::Scope | Self::Scp => Reading::Elements,
            // Numbers too, and what a number is not: with its feature `arbitrary_precision`, which any crate of
            // the build may switch on, serde_json hands them on as objects.
            Self::Exp | Self::Nbf | Self::Iat | Self::Cnf | Self::Act | Self::Events => {
                Reading::Json
            }
            #[cfg(feature = "status-list")]
            Self::Status => Reading::Json,
        }
    }
}
