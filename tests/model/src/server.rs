use serde_json::json;

use crate::{
    journal::{Journal, Moment},
    jwt::{self, FORGER, KEYS},
    schedule::Kind,
};

/// The authorization server as it is at a moment.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) sessions: Vec<Session>,
    pub(crate) tokens: Vec<Token>,
    /// In the order in which they came into use.
    pub(crate) keys: Vec<Key>,
}

#[derive(Debug, Default)]
pub(crate) struct Session {
    pub(crate) has_ended: bool,
    /// Its user is switched off, for now.
    pub(crate) is_disabled: bool,
}

#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) kind: Kind,
    pub(crate) session: usize,
    pub(crate) key: usize,
    /// `iat` and `exp`.
    pub(crate) seconds: (u64, u64),
    pub(crate) is_revoked: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Key {
    pub(crate) withdrawn: Option<Moment>,
}

impl Server {
    pub(crate) const ISSUER: &'static str = "https://id.example.com";
    pub(crate) const AUDIENCE: &'static str = "orders-api";
    /// The front end that holds the sessions.
    pub(crate) const FRONT_END: &'static str = "shop-web";

    pub(crate) fn new() -> Self {
        Self {
            sessions: vec![Session::default()],
            tokens: Vec::new(),
            keys: vec![Key::default()],
        }
    }

    /// Issues a token that lives so many seconds.
    pub(crate) fn issue(&mut self, session: usize, kind: Kind, life: u64, journal: &Journal) {
        let number = self.tokens.len();
        let seconds = (journal.seconds(), journal.seconds() + life);
        let key = self.keys.len() - 1;
        let mut token = Token {
            text: String::new(),
            kind,
            session,
            key,
            seconds,
            is_revoked: false,
        };
        token.text = match kind {
            Kind::Opaque => format!("opaque-token-of-the-model-{number}"),
            Kind::Jwt => jwt::signed("at+jwt", key, key, &claims(number, &token)),
            Kind::Forged => jwt::signed("at+jwt", key, FORGER, &claims(number, &token)),
        };
        self.tokens.push(token);
    }

    /// Signs by a new key from now on. The one before is withdrawn at once, or stays.
    pub(crate) fn rotate(&mut self, withdraws: bool, journal: &mut Journal) {
        if self.keys.len() == KEYS {
            return;
        }
        if withdraws {
            self.withdraw(self.keys.len() - 1, journal);
        }
        self.keys.push(Key::default());
    }

    pub(crate) fn withdraw(&mut self, key: usize, journal: &mut Journal) {
        let now = journal.event();
        self.keys[key].withdrawn.get_or_insert(now);
    }

    /// Whether a token is active, as the server sees it now.
    pub(crate) fn is_active(&self, token: usize, journal: &Journal) -> bool {
        let token = &self.tokens[token];
        let session = &self.sessions[token.session];
        token.kind != Kind::Forged
            && !token.is_revoked
            && !session.has_ended
            && !session.is_disabled
            && journal.seconds() < token.seconds.1
    }

    /// What it answers about a token that is active.
    pub(crate) fn active(&self, token: usize) -> String {
        let mut answer = claims(token, &self.tokens[token]);
        answer["active"] = true.into();
        answer["token_type"] = "Bearer".into();
        answer.to_string()
    }

    /// The keys that are published now.
    pub(crate) fn published(&self) -> Vec<usize> {
        let keys = self.keys.iter().enumerate();
        keys.filter(|(_, key)| key.withdrawn.is_none())
            .map(|(key, _)| key)
            .collect()
    }

    /// A logout token about a session.
    pub(crate) fn logout_token(&self, session: usize, journal: &mut Journal) -> String {
        let key = self.keys.len() - 1;
        let now = journal.seconds();
        let number = journal.event().number;
        let claims = json!({
            "iss": Self::ISSUER, "aud": Self::FRONT_END, "iat": now, "exp": now + 600,
            "jti": format!("logout-{number}"), "sid": session_id(session), "sub": subject(session),
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        });
        jwt::signed("logout+jwt", key, key, &claims)
    }

    /// The token of this text.
    pub(crate) fn find(&self, text: &str) -> Option<usize> {
        self.tokens.iter().position(|token| token.text == text)
    }
}

fn claims(number: usize, token: &Token) -> serde_json::Value {
    json!({
        "iss": Server::ISSUER, "aud": Server::AUDIENCE, "client_id": Server::FRONT_END,
        "sub": subject(token.session), "sid": session_id(token.session), "jti": token_id(number),
        "iat": token.seconds.0, "exp": token.seconds.1,
    })
}

fn subject(session: usize) -> String {
    format!("user-{session}")
}

/// The `sid` of a session.
pub(crate) fn session_id(session: usize) -> String {
    format!("session-{session}")
}

/// The `jti` of a token.
pub(crate) fn token_id(token: usize) -> String {
    format!("token-{token}")
}
