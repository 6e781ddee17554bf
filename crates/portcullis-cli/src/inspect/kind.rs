use serde::Serialize;

use crate::token::{Json, Jwt};

/// What a JWT is by its own account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// One that says so (RFC 9068), or as Keycloak says it.
    AccessToken,
    IdToken,
    RefreshToken,
    LogoutToken,
    SecurityEvent,
    DpopProof,
    /// An answer of introspection (RFC 9701).
    IntrospectionAnswer,
    /// It does not say.
    Unsaid,
}

impl Kind {
    pub(super) fn of(jwt: &Jwt) -> Self {
        let header = jwt.header.text("typ").unwrap_or_default();
        let header = header.to_ascii_lowercase();
        let payload = jwt.payload.text("typ").unwrap_or_default();
        match (
            header.strip_prefix("application/").unwrap_or(&header),
            payload,
        ) {
            ("at+jwt", _) | (_, "Bearer" | "DPoP") => Self::AccessToken,
            ("logout+jwt", _) | (_, "Logout") => Self::LogoutToken,
            ("secevent+jwt", _) => Self::SecurityEvent,
            ("dpop+jwt", _) => Self::DpopProof,
            ("token-introspection+jwt", _) => Self::IntrospectionAnswer,
            (_, "ID") => Self::IdToken,
            (_, "Refresh" | "Offline") => Self::RefreshToken,
            _ if jwt.payload.has("events") => Self::LogoutToken,
            _ if is_id_token(jwt.payload.json.as_ref()) => Self::IdToken,
            _ => Self::Unsaid,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::AccessToken => "access token",
            Self::IdToken => "ID token",
            Self::RefreshToken => "refresh token",
            Self::LogoutToken => "logout token",
            Self::SecurityEvent => "security event token",
            Self::DpopProof => "DPoP proof",
            Self::IntrospectionAnswer => "answer of introspection",
            Self::Unsaid => "token that does not say what it is for",
        }
    }
}

/// Whether it has what only an ID token has (OpenID Connect Core 1.0 §2, §3.3.2.11).
fn is_id_token(payload: Option<&Json>) -> bool {
    let of_id_tokens = ["nonce", "at_hash", "c_hash"];
    payload.is_some_and(|payload| of_id_tokens.iter().any(|name| payload.get(name).is_some()))
}
