//! What an issuer publishes of itself (OpenID Connect Discovery 1.0 §4, RFC 8414 §3).

mod metadata;
mod well_known;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use http::StatusCode;

pub(crate) use self::metadata::Metadata;
use crate::{
    Clock,
    http_client::{FetchError, HttpClient, Limits, ServerUrl, fetch_document},
};

/// Where an issuer's endpoints are: named by the operator, or discovered when first needed.
#[derive(Debug)]
pub(crate) struct Discovery {
    pub(crate) issuer: Arc<str>,
    /// Where the documents are fetched from: the issuer itself, or its address inside the
    /// network.
    pub(crate) base: ServerUrl,
    pub(crate) named: NamedEndpoints,
    pub(crate) allows_http: bool,
    pub(crate) deadline: Duration,
    pub(crate) http: Arc<dyn HttpClient>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) last: LastAttempt,
}

/// Endpoints that the operator has named; they win over what is published.
#[derive(Debug, Clone, Default)]
pub(crate) struct NamedEndpoints {
    pub(crate) jwks_uri: Option<ServerUrl>,
    pub(crate) introspection_endpoint: Option<ServerUrl>,
}

/// What came of the last attempt, and the turnstile that lets one attempt at a time through.
#[derive(Debug, Default)]
pub(crate) struct LastAttempt {
    outcome: Mutex<Option<Attempt>>,
    turnstile: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Attempt {
    when: Instant,
    outcome: Result<Arc<Metadata>, FetchError>,
}

impl Discovery {
    /// How long a document is taken for true.
    const MAX_AGE: Duration = Duration::from_secs(3600);
    /// How long a failure stands before the issuer is asked again.
    const COOL_DOWN: Duration = Duration::from_secs(1);
    const MAX_DOCUMENT: usize = 256 * 1024;

    /// The address of the key set.
    pub(crate) async fn jwks_uri(&self) -> Result<ServerUrl, FetchError> {
        if let Some(named) = &self.named.jwks_uri {
            return Ok(named.clone());
        }
        let member = "jwks_uri";
        let published = self.metadata().await?.jwks_uri.clone();
        published.ok_or(FetchError::NoEndpoint { member })
    }

    /// The address that tokens are introspected at. It gets credentials, so it is on the
    /// issuer's own origin or named by the operator.
    pub(crate) async fn introspection_endpoint(&self) -> Result<ServerUrl, FetchError> {
        if let Some(named) = &self.named.introspection_endpoint {
            return Ok(named.clone());
        }
        let member = "introspection_endpoint";
        let published = self.metadata().await?.introspection_endpoint.clone();
        published.ok_or(FetchError::NoEndpoint { member })
    }

    async fn metadata(&self) -> Result<Arc<Metadata>, FetchError> {
        if let Some(known) = self.known() {
            return known;
        }
        let _turn = self.last.turnstile.lock().await;
        if let Some(known) = self.known() {
            return known;
        }
        let outcome = self.discover().await.map(Arc::new);
        if let Err(error) = &outcome {
            tracing::error!(target: "portcullis::discovery", issuer = %self.issuer, "{error}");
        }
        *self.last_attempt() = Some(Attempt {
            when: self.clock.monotonic(),
            outcome: outcome.clone(),
        });
        outcome
    }

    /// What the last attempt brought, while that still stands.
    fn known(&self) -> Option<Result<Arc<Metadata>, FetchError>> {
        let now = self.clock.monotonic();
        let last = self.last_attempt();
        let Attempt { when, outcome } = last.as_ref()?;
        let age = now.saturating_duration_since(*when);
        match outcome {
            Ok(metadata) if age < Self::MAX_AGE => Some(Ok(metadata.clone())),
            Err(error) if age < Self::COOL_DOWN => {
                Some(Err(FetchError::CoolingDown(Box::new(error.clone()))))
            }
            _ => None,
        }
    }

    fn last_attempt(&self) -> MutexGuard<'_, Option<Attempt>> {
        self.last
            .outcome
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// OpenID Connect's place first, as most servers have it; RFC 8414's where there is none.
    async fn discover(&self) -> Result<Metadata, FetchError> {
        match self
            .read(&well_known::openid_configuration(&self.base))
            .await
        {
            Err(FetchError::Status { status, .. }) if status == StatusCode::NOT_FOUND => {
                self.read(&well_known::oauth_authorization_server(&self.base))
                    .await
            }
            outcome => outcome,
        }
    }

    async fn read(&self, url: &ServerUrl) -> Result<Metadata, FetchError> {
        let limits = Limits::new(self.deadline, Self::MAX_DOCUMENT);
        let document = fetch_document(&*self.http, url, "application/json", limits).await?;
        Metadata::parse(&document, url, self)
    }
}
