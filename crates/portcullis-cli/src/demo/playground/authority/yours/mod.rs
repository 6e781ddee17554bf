//! A server that is not ours: a login in the browser, and the end of what that login has begun.

mod begun;
mod login;
mod metadata;

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::http::StatusCode;
use bytes::Bytes;
use portcullis::{
    ClientAuthentication, ClientEndpoint, Clock, HttpClient, Limits, ReqwestClient, SystemClock,
};
use serde_json::Value;
use url::Url;

pub(in super::super) use self::login::{Answer, Next};
use self::{begun::Begun, login::Pending, metadata::Metadata};
use super::{
    super::{
        refusal::Refusal,
        tokens::{Session, Token},
    },
    Ended,
};
use crate::demo::DemoError;

/// What an answer of the server may take, and how long it may be.
const LIMITS: Limits = Limits::new(Duration::from_secs(10), 256 * 1024);

/// What is said of a session that is not the page's.
const JOINED: &str = "You were logged in at this server already. That session is not the page's, and it \
                      will not end it; log out yourself, or use a private window, to begin one.";
/// And of one that is, for a client that is given no refresh tokens.
const UNENDABLE: &str = "The server gives this client no refresh tokens, and it takes one to end a session. In \
                         Keycloak: the client, Advanced, OpenID Connect Compatibility Modes, Use refresh tokens.";

/// The client that the page logs in with, and that asks about tokens.
#[derive(Clone)]
pub(in super::super::super) struct Registration {
    pub(in super::super::super) issuer: String,
    pub(in super::super::super) client_id: String,
    pub(in super::super::super) client_secret: String,
    /// Where the browser comes back to.
    pub(in super::super::super) redirect_uri: String,
}

/// Somebody else's authorization server.
pub(in super::super) struct Yours {
    http: ReqwestClient,
    client: ClientAuthentication,
    registration: Registration,
    metadata: Metadata,
    pending: Mutex<Option<Pending>>,
    remark: Mutex<Option<String>>,
    begun: Mutex<Begun>,
}

impl Yours {
    /// Finds out where the server has its endpoints.
    pub(in super::super) async fn discover(registration: Registration) -> Result<Self, DemoError> {
        let http = ReqwestClient::new()?;
        let (id, secret) = (&registration.client_id, &registration.client_secret);
        Ok(Self {
            client: ClientAuthentication::client_secret_post(id, secret)?,
            metadata: Metadata::fetch(&http, &registration.issuer).await?,
            http,
            registration,
            pending: Mutex::default(),
            remark: Mutex::default(),
            begun: Mutex::default(),
        })
    }

    pub(super) fn issuer(&self) -> &str {
        &self.registration.issuer
    }

    /// What there is to know of the last login.
    pub(in super::super) fn remark(&self) -> Option<String> {
        lock(&self.remark).clone()
    }

    /// Has the page say this, once it is loaded again.
    pub(in super::super) fn say(&self, sentence: String) {
        *lock(&self.remark) = Some(sentence);
    }

    /// Ends the session that the login of this token has begun, by its refresh token.
    pub(super) async fn end_session(&self, token: &Token) -> Result<Ended, Refusal> {
        let refresh_token = match &token.session {
            Session::Begun(refresh_token) => refresh_token,
            Session::Unendable => return Err(Refusal::conflict(UNENDABLE)),
            Session::Joined => return Err(Refusal::conflict(JOINED)),
        };
        let form = [("refresh_token", refresh_token.as_str())];
        self.post(&self.metadata.end_session_endpoint, &form)
            .await?;
        lock(&self.begun).forget(&token.session);
        Ok(Ended::Now)
    }

    /// Revokes the token at the server (RFC 7009).
    pub(super) async fn revoke(&self, token: &Token) -> Result<String, Refusal> {
        let form = [
            ("token", token.text.as_str()),
            ("token_type_hint", "access_token"),
        ];
        self.post(&self.metadata.revocation_endpoint, &form).await?;
        Ok("the token is revoked, and nobody was told".to_owned())
    }

    /// Posts a form with the client's credentials in it. The body of the answer.
    async fn post(&self, endpoint: &Url, form: &[(&str, &str)]) -> Result<Bytes, Refusal> {
        let at = ClientEndpoint::new(self.issuer(), endpoint.as_str());
        let request = self.client.request(&at, form, SystemClock.now()).await;
        let request = request.map_err(|error| unfit(&error.to_string()))?;
        let answer = self.http.send(request.into_http(), LIMITS).await?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer.into_body());
        }
        let said: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        let error = said.get("error").and_then(Value::as_str).unwrap_or("?");
        let error: String = error.chars().take(60).collect();
        let path = endpoint.path();
        Err(unfit(&format!("{path} answered {status}: {error}")))
    }
}

impl fmt::Debug for Yours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Yours")
            .field("metadata", &self.metadata)
            .finish_non_exhaustive()
    }
}

fn lock<T>(kept: &Mutex<T>) -> MutexGuard<'_, T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

fn unfit(sentence: &str) -> Refusal {
    Refusal::new(StatusCode::BAD_GATEWAY, sentence)
}
