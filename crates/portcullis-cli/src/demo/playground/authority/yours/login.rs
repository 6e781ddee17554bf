//! The login: authorization code and PKCE (RFC 8252).

use std::{
    sync::OnceLock,
    time::{Duration, Instant},
};

use aws_lc_rs::digest;
use axum::http::StatusCode;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::Value;

use super::{
    super::super::{
        refusal::Refusal,
        tokens::{Kind, Session, Token},
        unguessable::unguessable,
    },
    JOINED, UNENDABLE, Yours,
    begun::Login,
    lock, unfit,
};

/// How far a login is. The server is asked first whether there is a session already: one that the page
/// joins is not one that it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Whether there is one.
    Asking,
    /// There is none.
    Beginning,
    /// There is one, or it cannot be told.
    Joining,
}

/// A login that is under way.
pub(super) struct Pending {
    state: String,
    code_verifier: String,
    step: Step,
    /// When the browser was sent away.
    since: Instant,
}

/// What the browser brings back (RFC 6749 §4.1.2, RFC 9207).
#[derive(Deserialize)]
pub(in super::super::super) struct Answer {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

/// What becomes of the browser that came back.
pub(in super::super::super) enum Next {
    /// It goes to this address.
    Away(String),
    /// It comes home with a token.
    Token(Token),
    /// It comes home with a remark.
    Home,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    refresh_token: Option<String>,
    id_token: Option<String>,
    /// In seconds (RFC 6749 §5.1).
    expires_in: Option<u64>,
}

impl Yours {
    /// Begins a login; where the browser has to go for it.
    pub(in super::super::super) fn begin(&self) -> Result<String, Refusal> {
        *lock(&self.remark) = None;
        self.send_away(Step::Asking)
    }

    fn send_away(&self, step: Step) -> Result<String, Refusal> {
        let secret = || unguessable().map_err(|error| unfit(&error.to_string()));
        let (state, code_verifier) = (secret()?, secret()?);
        let challenge = digest::digest(&digest::SHA256, code_verifier.as_bytes());
        let mut address = self.metadata.authorization_endpoint.clone();
        address
            .query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.registration.client_id)
            .append_pair("redirect_uri", &self.registration.redirect_uri)
            .append_pair("scope", "openid")
            .append_pair("state", &state)
            .append_pair("code_challenge_method", "S256")
            .append_pair("code_challenge", &URL_SAFE_NO_PAD.encode(challenge));
        if step == Step::Asking {
            address.query_pairs_mut().append_pair("prompt", "none");
        }
        *lock(&self.pending) = Some(Pending {
            state,
            code_verifier,
            step,
            since: Instant::now(),
        });
        Ok(address.into())
    }

    /// Goes on with the login that the browser comes back from. A `state` is good once.
    pub(in super::super::super) async fn go_on(&self, answer: Answer) -> Result<Next, Refusal> {
        let pending =
            lock(&self.pending).take_if(|pending| answer.state.as_ref() == Some(&pending.state));
        let Some(pending) = pending else {
            let sentence = "no such login is under way; go back to the page and begin again";
            return Err(Refusal::new(StatusCode::BAD_REQUEST, sentence));
        };
        // RFC 9207 §2.4: who names itself always does.
        match &answer.iss {
            Some(iss) if *iss != self.registration.issuer => {
                return Err(unfit("the answer to the login is from another issuer"));
            }
            None if self.metadata.names_itself => {
                return Err(unfit("the answer to the login does not name its issuer"));
            }
            Some(_) | None => {}
        }
        match (answer.code, answer.error, pending.step) {
            (Some(code), ..) => {
                let granted = self.redeem(&code, &pending.code_verifier).await?;
                let away = pending.since.elapsed();
                Ok(Next::Token(self.token(granted, pending.step, away)))
            }
            // OpenID Connect Core §3.1.2.6: any other error may be about a session that there is.
            (None, Some(error), Step::Asking) => {
                let step = match error.as_str() {
                    "login_required" => Step::Beginning,
                    _ => Step::Joining,
                };
                Ok(Next::Away(self.send_away(step)?))
            }
            (None, error, _) => {
                let error = error.unwrap_or_else(|| "no code".to_owned());
                let shown: String = error.chars().take(60).collect();
                *lock(&self.remark) = Some(format!("the login gave no token: {shown}"));
                Ok(Next::Home)
            }
        }
    }

    fn token(&self, granted: Granted, step: Step, away: Duration) -> Token {
        let login = granted.id_token.as_deref().and_then(Login::of);
        let session = self.session(login, granted.refresh_token, step, away);
        *lock(&self.remark) = match &session {
            Session::Begun(_) => None,
            Session::Unendable => Some(UNENDABLE.to_owned()),
            Session::Joined => Some(JOINED.to_owned()),
        };
        let lifetime = granted.expires_in.map(Duration::from_secs);
        Token {
            kind: kind_of(&granted.access_token),
            text: granted.access_token,
            user: "you".to_owned(),
            session,
            expires: lifetime.and_then(|lifetime| Instant::now().checked_add(lifetime)),
            over: OnceLock::new(),
        }
    }

    /// Whose session a login has led to. It is the page's if a login of the page has begun it, this one or
    /// one before.
    fn session(
        &self,
        login: Option<Login>,
        refresh_token: Option<String>,
        step: Step,
        away: Duration,
    ) -> Session {
        let Some(login) = login else {
            return Session::Joined;
        };
        let mut begun = lock(&self.begun);
        let known = login.sid.as_deref().and_then(|sid| begun.of(sid));
        if known.is_none() && !(step == Step::Beginning && login.is_new(away)) {
            return Session::Joined;
        }
        let session = match (refresh_token, known) {
            (Some(refresh_token), _) => Session::Begun(refresh_token),
            (None, Some(known)) => known,
            (None, None) => Session::Unendable,
        };
        if let Some(sid) = login.sid {
            begun.keep(sid, session.clone());
        }
        session
    }

    async fn redeem(&self, code: &str, code_verifier: &str) -> Result<Granted, Refusal> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.registration.redirect_uri),
            ("code_verifier", code_verifier),
        ];
        let answer = self.post(&self.metadata.token_endpoint, &form).await?;
        serde_json::from_slice(&answer)
            .map_err(|_| unfit("the token endpoint has answered with no token (RFC 6749 §5.1)"))
    }
}

/// For a label: the library judges by itself what a token is.
fn kind_of(token: &str) -> Kind {
    let payload = token.split('.').nth(1);
    let json = payload.and_then(|payload| URL_SAFE_NO_PAD.decode(payload).ok());
    let claims = json.and_then(|json| serde_json::from_slice::<Value>(&json).ok());
    match claims {
        None => Kind::Opaque,
        Some(claims) if claims.get("sub").is_none() => Kind::Lightweight,
        Some(_) => Kind::Jwt,
    }
}
