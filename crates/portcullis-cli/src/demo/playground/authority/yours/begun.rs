//! Which sessions the page has begun: it ends no other.

use std::{collections::VecDeque, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

use super::super::super::tokens::Session;

/// More than anybody begins.
const KEPT: usize = 100;
/// From the login to the ID token: a redirection and a request. In seconds.
const ON_THE_WAY: u64 = 10;
/// What Keycloak says of a visit in a session that was there before (`acr`).
const NO_LOGIN: &str = "0";

/// What the ID token says of a login (OpenID Connect Core §2). It comes from the token endpoint itself, over
/// a connection that the page has made: §3.1.3.7 takes that for the issuer's signature.
#[derive(Debug, Deserialize)]
pub(super) struct Login {
    pub(super) sid: Option<String>,
    iat: Option<u64>,
    auth_time: Option<u64>,
    acr: Option<String>,
}

impl Login {
    /// What can be read of an ID token.
    pub(super) fn of(id_token: &str) -> Option<Self> {
        let payload = URL_SAFE_NO_PAD.decode(id_token.split('.').nth(1)?).ok()?;
        serde_json::from_slice(&payload).ok()
    }

    /// Whether the user was away for this long to log in, and has done so for this token: another tab may
    /// have been quicker, and the server answers from its session then. Both moments are the server's own,
    /// so that its clock may be wrong.
    pub(super) fn is_new(&self, away: Duration) -> bool {
        let (Some(issued), Some(logged_in), Some(acr)) = (self.iat, self.auth_time, &self.acr)
        else {
            return false;
        };
        // Whole seconds are rounded.
        let longest = ON_THE_WAY.min(away.as_secs() + 1);
        let age = issued.checked_sub(logged_in);
        acr != NO_LOGIN && age.is_some_and(|age| age <= longest)
    }
}

/// The newest sessions that the page has begun, by their `sid`. No Debug: refresh tokens are in it.
#[derive(Default)]
pub(super) struct Begun {
    sessions: VecDeque<(String, Session)>,
}

impl Begun {
    /// The session of this `sid`, if the page has begun it.
    pub(super) fn of(&self, sid: &str) -> Option<Session> {
        let known = self.sessions.iter().find(|(known, _)| known == sid);
        known.map(|(_, session)| session.clone())
    }

    /// Remembers a session, and forgets what was known of it.
    pub(super) fn keep(&mut self, sid: String, session: Session) {
        self.sessions.retain(|(known, _)| *known != sid);
        self.sessions.truncate(KEPT - 1);
        self.sessions.push_front((sid, session));
    }

    /// Forgets a session that has ended.
    pub(super) fn forget(&mut self, session: &Session) {
        self.sessions.retain(|(_, known)| known != session);
    }
}
