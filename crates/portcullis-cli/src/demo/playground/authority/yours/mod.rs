//! A server that is not ours: a login in the browser, and the end of what that login has begun.

mod login;
mod metadata;

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::http::StatusCode;
use reqwest::{Client, Response, Url, redirect::Policy};
use serde_json::Value;

pub(in super::super) use self::login::{Answer, Next};
use self::{login::Pending, metadata::Metadata};
use super::super::{refusal::Refusal, tokens::Token};
use crate::demo::DemoError;

const LIMIT: Duration = Duration::from_secs(10);

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
    http: Client,
    registration: Registration,
    metadata: Metadata,
    pending: Mutex<Option<Pending>>,
    remark: Mutex<Option<String>>,
}

impl Yours {
    /// Finds out where the server has its endpoints.
    pub(in super::super) async fn discover(registration: Registration) -> Result<Self, DemoError> {
        let http = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .timeout(LIMIT)
            .build()?;
        Ok(Self {
            metadata: Metadata::fetch(&http, &registration.issuer).await?,
            http,
            registration,
            pending: Mutex::default(),
            remark: Mutex::default(),
        })
    }

    pub(super) fn issuer(&self) -> &str {
        &self.registration.issuer
    }

    /// What there is to know of the last login.
    pub(in super::super) fn remark(&self) -> Option<String> {
        lock(&self.remark).clone()
    }

    /// Ends the session that the login of this token has begun, by its refresh token.
    pub(super) async fn end_session(&self, token: &Token) -> Result<String, Refusal> {
        let Some(refresh_token) = &token.session else {
            return Err(Refusal::conflict(
                "the session was there before the page; it ends none but its own",
            ));
        };
        let form = [("refresh_token", refresh_token.as_str())];
        self.post(&self.metadata.end_session_endpoint, &form)
            .await?;
        Ok("the session has ended".to_owned())
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

    /// Posts a form with the client's credentials in it.
    async fn post(&self, endpoint: &Url, form: &[(&str, &str)]) -> Result<Response, Refusal> {
        let credentials = [
            ("client_id", self.registration.client_id.as_str()),
            ("client_secret", self.registration.client_secret.as_str()),
        ];
        let form: Vec<_> = form.iter().copied().chain(credentials).collect();
        let answer = self.http.post(endpoint.clone()).form(&form).send().await?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let said: Value = answer.json().await.unwrap_or_default();
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
