//! One call about permissions: the request, and what can come of it.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use form_urlencoded::Serializer;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use serde::Deserialize;

use crate::{
    ClientAuthentication,
    client_authentication::{Attempt, AuthenticationError, Occasion},
    discovery::{ClientTarget, Discovery},
    http_client::{FetchError, HttpError, Limits, ServerUrl, excerpt},
};

/// The server that knows of permissions, and who we are there.
#[derive(Debug)]
pub(crate) struct UmaServer {
    /// What it publishes of User-Managed Access.
    pub(crate) discovery: Arc<Discovery>,
    pub(crate) client: ClientAuthentication,
    pub(crate) deadline: Duration,
    /// The scope of the token that permission tickets are had with.
    pub(crate) protection_scope: Option<String>,
}

/// Why a call brought nothing. Nothing secret is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum UmaError {
    #[error(transparent)]
    Endpoint(#[from] FetchError),
    #[error(transparent)]
    Authentication(#[from] AuthenticationError),
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error("{0}")]
    Refused(Refusal),
    #[error("the server knows no such permission: {0}")]
    UnknownPermission(Refusal),
    #[error("the answer cannot be used: {0}")]
    Malformed(&'static str),
    #[error("the last attempt to get a token for the permission endpoint failed a moment ago")]
    CoolingDown,
    #[error("the server has not answered lately; nobody asks it for now")]
    CircuitOpen(Duration),
    #[error("too many wait for the server; see `introspection_calls`")]
    Busy,
    #[error("nothing came within `introspection_deadline`")]
    Overdue,
    #[error("{0}")]
    CutShort(&'static str),
}

impl UmaError {
    /// The server may be away, or in trouble.
    pub(super) fn casts_doubt_on_server(&self) -> bool {
        match self {
            Self::Overdue => true,
            Self::Http(error) | Self::Endpoint(FetchError::Http { error, .. }) => {
                !matches!(error, HttpError::BodyTooLong { .. } | HttpError::Broken(_))
            }
            Self::Refused(refusal) => {
                let status = refusal.status;
                status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
            }
            _ => false,
        }
    }

    /// The token that the call was made with is good no longer.
    pub(super) fn is_about_token(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.is_about_token())
    }
}

/// How the server refuses something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the {at} endpoint refuses it: status {status}, error {error:?}")]
pub(super) struct Refusal {
    pub(super) at: &'static str,
    pub(super) status: StatusCode,
    pub(super) error: String,
    /// Not for logs: some servers repeat in it what they were sent.
    pub(super) description: String,
}

/// What a refusal says of itself (RFC 6749 §5.2).
#[derive(Default, Deserialize)]
struct Problem {
    error: Option<String>,
    error_description: Option<String>,
}

impl Refusal {
    /// The refusal of the endpoint at which it came.
    pub(super) fn of(response: &Response<Bytes>, at: &'static str) -> Self {
        let problem: Problem = serde_json::from_slice(response.body()).unwrap_or_default();
        let shown = |text: Option<String>| excerpt(&text.unwrap_or_default());
        Self {
            at,
            status: response.status(),
            error: shown(problem.error),
            description: shown(problem.error_description),
        }
    }
}

/// What says who asks.
#[derive(Debug, Default)]
pub(super) struct Proof(Attempt);

impl Proof {
    /// The bearer of a token.
    pub(super) fn bearer(header: HeaderValue) -> Self {
        Self(Attempt {
            header: Some(header),
            form: Vec::new(),
        })
    }
}

impl UmaServer {
    const MAX_ANSWER: usize = 64 * 1024;

    /// Who we are, at an endpoint.
    pub(super) async fn own_proof(&self, target: &ClientTarget) -> Result<Proof, UmaError> {
        let occasion = Occasion {
            issuer: &self.discovery.issuer,
            target,
            now: self.discovery.clock.now(),
        };
        // Where our own credentials are slow to come, that is not the server's silence.
        let attempt = tokio::time::timeout(self.deadline / 3, self.client.attempt(&occasion))
            .await
            .unwrap_or_else(|_| Err(AuthenticationError::overdue()));
        Ok(Proof(attempt?))
    }

    /// Posts a form.
    pub(super) async fn post_form(
        &self,
        endpoint: &ServerUrl,
        form: &[(&str, &str)],
        proof: Proof,
    ) -> Result<Response<Bytes>, UmaError> {
        let body = Serializer::new(String::new())
            .extend_pairs(form)
            .extend_pairs(&proof.0.form)
            .finish();
        let kind = "application/x-www-form-urlencoded";
        self.post(endpoint, kind, body.into(), proof).await
    }

    /// Posts anything, once: a ticket or a grant may have been made though its answer was lost.
    pub(super) async fn post(
        &self,
        endpoint: &ServerUrl,
        kind: &'static str,
        body: Bytes,
        proof: Proof,
    ) -> Result<Response<Bytes>, UmaError> {
        let mut request = Request::new(body);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = endpoint
            .uri()
            .ok_or(UmaError::Malformed("the endpoint's address"))?;
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        let json = HeaderValue::from_static("application/json");
        headers.insert(header::ACCEPT, json);
        let no_store = HeaderValue::from_static("no-store");
        headers.insert(header::CACHE_CONTROL, no_store);
        if let Some(credentials) = proof.0.header {
            headers.insert(header::AUTHORIZATION, credentials);
        }
        let limits = Limits::new(self.deadline, Self::MAX_ANSWER);
        Ok(self.discovery.http.send(request, limits).await?)
    }
}
