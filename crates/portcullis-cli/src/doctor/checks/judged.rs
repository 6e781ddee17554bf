//! What is found of a token here, and what the server says of it.

use std::time::Duration;

use portcullis::{ConfigError, Reason, Rejection, Thumbprint};
use serde_json::Value;

use super::userinfo::Standing;
use crate::{
    doctor::settings::ShownToken,
    token::{Json, Token},
};

/// Both verdicts on a token.
pub(crate) struct Judged {
    pub(super) here: Here,
    pub(super) there: There,
    /// How long it was verified here.
    pub(super) verifying: Duration,
    /// How long the server was asked, if it was.
    pub(super) asking: Option<Duration>,
    /// From when to when it is good, by its own account or the server's.
    pub(super) lifetime: Lifetime,
}

/// What was found here.
pub(super) enum Here {
    Good,
    /// It has met every rule up to that of the signature, but for that of the proof of possession: that is
    /// its client's to bring.
    Bound,
    Refused {
        rejection: Rejection,
        /// Whether the issuer has signed it all the same, as far as that is known.
        is_signed: bool,
    },
    /// Only the server can read it.
    Unreadable,
}

/// What the server says.
pub(super) enum There {
    Good,
    /// It is active, and bound to something that was not proven.
    Bound,
    Refused {
        rejection: Rejection,
        /// What another endpoint says of a token that is called inactive.
        standing: Standing,
    },
    /// It was not asked, for this reason.
    NotAsked(&'static str),
    Settings(ConfigError),
}

/// From when to when a token is good, in seconds since the Unix epoch.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Lifetime {
    pub(super) issued_at: Option<f64>,
    pub(super) ends_at: Option<f64>,
}

impl Judged {
    /// Whether what the token says of itself is the issuer's word.
    pub(super) fn is_signed(&self) -> bool {
        match self.here {
            Here::Good | Here::Bound => true,
            Here::Refused { is_signed, .. } => is_signed,
            Here::Unreadable => false,
        }
    }

    /// Whether the server has called it active.
    pub(super) fn is_active(&self) -> bool {
        match &self.there {
            There::Good | There::Bound => true,
            // All that comes after that was called active before.
            There::Refused { rejection, .. } => {
                rejection.reason() != Reason::Inactive && rejection.reason().rule().is_some()
            }
            There::NotAsked(_) | There::Settings(_) => false,
        }
    }

    /// Whether it is good elsewhere at the server that calls it inactive.
    pub(super) fn is_alive_elsewhere(&self) -> bool {
        let There::Refused { standing, .. } = &self.there else {
            return false;
        };
        *standing == Standing::Alive
    }
}

impl Lifetime {
    /// By the token's own account, or by what the server has said of it.
    pub(super) fn of(shown: &ShownToken, answer: Option<&Value>) -> Self {
        let claims = shown.read.as_ref().and_then(Token::claims);
        let time = |name: &str| match claims {
            Some(claims) => claims.seconds(name),
            None => answer?.get(name)?.as_f64(),
        };
        Self {
            issued_at: time("iat"),
            ends_at: time("exp"),
        }
    }
}

/// Whether a token is bound to what a request with it proves, and to nothing else (RFC 9449 §6.1,
/// RFC 8705 §3.1).
pub(super) fn is_bound(shown: &ShownToken) -> bool {
    let claims = shown.read.as_ref().and_then(Token::claims);
    let confirmation = claims.and_then(|claims| claims.get("cnf"));
    let members = confirmation.map_or(&[][..], |confirmation| confirmation.members());
    let is_known = |(name, value): &(String, Json)| match name.as_str() {
        "jkt" | "x5t#S256" => value.as_str().and_then(Thumbprint::parse).is_some(),
        // Keycloak's own, beside `jkt`.
        "kc-jkt-type" => value.as_str() == Some("DPoP"),
        _ => false,
    };
    !members.is_empty() && members.iter().all(is_known)
}
