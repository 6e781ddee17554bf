use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use super::LogoutRules;
use crate::{
    claims::{Members, RegisteredClaims},
    jws::{names_secret_algorithm, unverified_payload},
};

/// What an operator is told of a client, once: there is something to change at the issuer.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    given: Mutex<HashSet<(Subject, String)>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Subject {
    SecretSignature,
    MissingSession,
}

impl Warnings {
    /// Tokens under a secret that only the issuer and the client know tell us nothing.
    pub(super) fn of_secret_signature(&self, rules: &LogoutRules, text: &str) {
        if !names_secret_algorithm(text) {
            return;
        }
        let claims = unverified_payload(text).and_then(|json| {
            let members = Members::parse(&json).ok()?;
            RegisteredClaims::parse(&members).ok()
        });
        let addressed = claims.and_then(|claims| {
            let mut ours = rules.audiences.iter();
            ours.find(|own| claims.aud.contains(own))
        });
        // It is named only if it is one of ours: nobody has signed for the rest of it.
        if let Some(client) = addressed
            && self.is_first(Subject::SecretSignature, client)
        {
            tracing::warn!(
                target: "portcullis::revocation",
                issuer = %rules.issuer,
                client,
                "logout tokens for `{client}` come with an HMAC, which nobody but the issuer can check, and are refused: choose another signature algorithm for the ID tokens of `{client}`, such as RS256 (in Keycloak: the client, Advanced, Fine grain OpenID Connect configuration)"
            );
        }
    }

    /// A token without `sid` says which subject has logged out, and not from which session.
    pub(super) fn of_missing_session(&self, rules: &LogoutRules, client: &str) {
        if self.is_first(Subject::MissingSession, client) {
            tracing::warn!(
                target: "portcullis::revocation",
                issuer = %rules.issuer,
                client,
                "a logout token for `{client}` names no session, so all sessions of its subject are taken to have ended: have the issuer name it (in Keycloak: switch on \"Backchannel logout session required\" of the client)"
            );
        }
    }

    fn is_first(&self, subject: Subject, client: &str) -> bool {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        given.insert((subject, client.to_owned()))
    }
}
