use serde::Serialize;

use super::{Reason, Rejection, Rule};

/// What the body of a refusal says in a development mode: fixed text.
#[derive(Debug, Serialize)]
pub(super) struct Told {
    reason: &'static str,
    explanation: &'static str,
    settings: &'static [&'static str],
    cure: &'static str,
}

impl Told {
    /// The same of every token that anybody could have made up.
    const UNVERIFIED: Self = Self {
        reason: "unverified",
        explanation: "The token was refused, and no signature of its issuer is known to be on it: nothing else is told of it here.",
        settings: &[],
        cure: "See the log of this service for the reason: at the level `debug`, under the target `portcullis::rejection`.",
    };

    /// What is told of this one.
    pub(super) fn of(rejection: &Rejection) -> Self {
        let reason = rejection.reason();
        match reason {
            _ if rejection.exposes_diagnosis() => reason.into(),
            // By what it claims it is over, so that the server was not asked: it calls whatever was
            // made up inactive, and else the answer would tell who has logged out.
            Reason::Revoked => Reason::Inactive.into(),
            _ => Self::UNVERIFIED,
        }
    }
}

impl From<Reason> for Told {
    fn from(reason: Reason) -> Self {
        Self {
            reason: reason.code(),
            explanation: reason.explanation(),
            settings: reason.settings(),
            cure: reason.cure(),
        }
    }
}

impl Reason {
    /// Whether it says something of what a token claims, which whoever has made it up may have put there:
    /// it is told to clients only where the token was verified. What is about the request, its proof or
    /// its route may always be, and so may what the authorization server has said.
    pub(super) const fn tells_of_claims(self) -> bool {
        let Some(rule) = self.rule() else {
            // Which key a token names, and that it is not there.
            return matches!(self, Self::KeyPending);
        };
        match rule {
            Rule::Header
            | Rule::Algorithm
            | Rule::Kind
            | Rule::Claims
            | Rule::Issuer
            | Rule::Party
            | Rule::Audience
            | Rule::Time
            | Rule::Binding
            | Rule::Key
            | Rule::Signature
            | Rule::Revocation => true,
            Rule::Credentials
            | Rule::Proof
            | Rule::Shape
            | Rule::Active
            | Rule::Agreement
            | Rule::Status
            | Rule::Replay
            | Rule::Requirements => false,
        }
    }
}
