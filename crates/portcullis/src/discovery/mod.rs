//! What an issuer publishes of itself (OpenID Connect Discovery 1.0 §4, RFC 8414 §3).

mod client_methods;
mod client_target;
mod known;
mod metadata;
mod uma;
mod well_known;

use std::{sync::Arc, time::Duration};

use http::StatusCode;

pub(crate) use self::{
    client_methods::ClientMethods,
    client_target::{ClientTarget, Connection},
    known::KnownMetadata,
};
use self::{
    known::Retrieved,
    metadata::{Metadata, PublishedEndpoint},
};
use crate::{
    Clock,
    http_client::{
        FetchError, Flight, HttpClient, Limits, Outcome, ServerUrl, SingleFlight, fetch_document,
    },
    telemetry::Telemetry,
};

/// Where an issuer's endpoints are: named by the operator, or discovered when first needed.
#[derive(Debug)]
pub(crate) struct Discovery {
    pub(crate) issuer: Arc<str>,
    /// Where the documents are fetched from: the issuer itself, or its address inside the
    /// network.
    pub(crate) base: ServerUrl,
    pub(crate) document: PublishedDocument,
    pub(crate) named: NamedEndpoints,
    pub(crate) allows_http: bool,
    pub(crate) deadline: Duration,
    pub(crate) http: Arc<dyn HttpClient>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) known: KnownMetadata,
    pub(crate) telemetry: Telemetry,
}

/// Which of the documents that an issuer publishes of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PublishedDocument {
    /// OpenID Connect's, or RFC 8414's where there is none.
    Login,
    /// That of User-Managed Access (UMA 2.0 Grant §2).
    Uma,
}

/// Endpoints that the operator has named; they win over what is published.
#[derive(Debug, Clone, Default)]
pub(crate) struct NamedEndpoints {
    pub(crate) jwks_uri: Option<ServerUrl>,
    pub(crate) introspection_endpoint: Option<ServerUrl>,
    pub(crate) token_endpoint: Option<ServerUrl>,
    pub(crate) permission_endpoint: Option<ServerUrl>,
}

impl Discovery {
    /// How long a document is taken for true.
    const MAX_AGE: Duration = Duration::from_secs(3600);
    /// How old a document may become while no newer one can be had.
    const MAX_STALE: Duration = Duration::from_secs(24 * 3600);
    /// How long a newer document is waited for by those who could go on with an old one.
    const PATIENCE: Duration = Duration::from_millis(500);
    const MAX_DOCUMENT: usize = 256 * 1024;

    /// The address of the key set.
    pub(crate) async fn jwks_uri(self: &Arc<Self>) -> Result<ServerUrl, FetchError> {
        if let Some(named) = &self.named.jwks_uri {
            return Ok(named.clone());
        }
        self.published(|metadata| &metadata.jwks_uri).await
    }

    /// The address that tokens are obtained at.
    pub(crate) async fn token_endpoint(self: &Arc<Self>) -> Result<ServerUrl, FetchError> {
        if let Some(named) = &self.named.token_endpoint {
            return Ok(named.clone());
        }
        self.published(|metadata| &metadata.token_endpoint).await
    }

    /// The address that sessions are ended at.
    pub(crate) async fn end_session_endpoint(self: &Arc<Self>) -> Result<ServerUrl, FetchError> {
        self.published(|metadata| &metadata.end_session_endpoint)
            .await
    }

    async fn published(
        self: &Arc<Self>,
        endpoint: fn(&Metadata) -> &PublishedEndpoint,
    ) -> Result<ServerUrl, FetchError> {
        let retrieved = self.retrieved(endpoint).await?;
        let address = endpoint(&retrieved.metadata).address(&self.issuer)?;
        Ok(address.here)
    }

    /// A document that is young enough, or the last good one when no newer one can be had.
    async fn retrieved(
        self: &Arc<Self>,
        endpoint: fn(&Metadata) -> &PublishedEndpoint,
    ) -> Outcome<Arc<Retrieved>> {
        let (last_good, has_failed, departure) = {
            let mut state = self.known.state();
            let last_good = state.last_good.clone();
            let last_good = last_good.filter(|last| self.age(last) < Self::MAX_STALE);
            if let Some(last) = &last_good
                && self.age(last) < Self::lifetime(endpoint(&last.metadata))
            {
                return Ok(last.clone());
            }
            let has_failed = state.single_flight.has_failed();
            (
                last_good,
                has_failed,
                state.single_flight.board(&*self.clock),
            )
        };
        let flight = departure.map(|departure| departure.launch(self));
        // In a box, so that the calls of those who know the document stay small.
        Box::pin(Self::landed_or(flight, last_good, has_failed)).await
    }

    /// What a flight brings, or the last good document when that is nothing.
    async fn landed_or(
        flight: Result<Flight<Arc<Retrieved>>, FetchError>,
        last_good: Option<Arc<Retrieved>>,
        has_failed: bool,
    ) -> Outcome<Arc<Retrieved>> {
        let Some(last_good) = last_good else {
            return flight?.landed().await;
        };
        match flight {
            // Nobody waits for attempts that have failed before.
            Ok(flight) if !has_failed => {
                match tokio::time::timeout(Self::PATIENCE, flight.landed()).await {
                    Ok(Err(error @ FetchError::OtherIssuer { .. })) => Err(error),
                    Ok(Ok(retrieved)) => Ok(retrieved),
                    Ok(Err(_)) | Err(_) => Ok(last_good),
                }
            }
            Ok(_) | Err(_) => Ok(last_good),
        }
    }

    /// How long a document stands for an endpoint: one that lacks it, or has it wrong, no longer
    /// than a failure.
    fn lifetime(endpoint: &PublishedEndpoint) -> Duration {
        if endpoint.is_usable() {
            Self::MAX_AGE
        } else {
            SingleFlight::<Arc<Retrieved>>::COOL_DOWN
        }
    }

    fn age(&self, retrieved: &Retrieved) -> Duration {
        let now = self.clock.monotonic();
        now.saturating_duration_since(retrieved.began.monotonic)
    }

    /// OpenID Connect's place first, as most servers have it; RFC 8414's where there is none.
    async fn discover(&self) -> Result<Metadata, FetchError> {
        if self.document == PublishedDocument::Uma {
            return self.read(&well_known::uma2_configuration(&self.base)).await;
        }
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
