//! Where permissions are asked for (UMA 2.0).

use std::sync::Arc;

use super::{
    ClientTarget, Connection, Discovery, KnownMetadata, PublishedDocument,
    metadata::{Metadata, PublishedEndpoint},
};
use crate::http_client::{FetchError, ServerUrl};

impl Discovery {
    /// The same issuer by what it publishes of User-Managed Access.
    pub(crate) fn of_uma(&self) -> Self {
        Self {
            issuer: self.issuer.clone(),
            base: self.base.clone(),
            document: PublishedDocument::Uma,
            named: self.named.clone(),
            allows_http: self.allows_http,
            deadline: self.deadline,
            http: self.http.clone(),
            clock: self.clock.clone(),
            known: KnownMetadata::new(self.deadline),
            telemetry: self.telemetry.clone(),
        }
    }

    /// The address that tokens are obtained at, and what the server says of clients there.
    pub(crate) async fn token_target(
        self: &Arc<Self>,
        connection: Connection,
    ) -> Result<ClientTarget, FetchError> {
        let named = self.named.token_endpoint.as_ref();
        self.target(named, token_endpoint_by(connection), |metadata| {
            &metadata.token_client_methods
        })
        .await
    }

    /// Whether it is known where tokens are obtained. If it has to be found out, that begins in the
    /// background.
    pub(crate) fn knows_token_endpoint(self: &Arc<Self>, connection: Connection) -> bool {
        self.named.token_endpoint.is_some() || self.knows(token_endpoint_by(connection))
    }

    /// The same of the address that permission tickets are had at.
    pub(crate) fn knows_permission_endpoint(self: &Arc<Self>) -> bool {
        self.named.permission_endpoint.is_some()
            || self.knows(|metadata| &metadata.permission_endpoint)
    }

    /// The address that permission tickets are had at.
    pub(crate) async fn permission_endpoint(self: &Arc<Self>) -> Result<ServerUrl, FetchError> {
        if let Some(named) = &self.named.permission_endpoint {
            return Ok(named.clone());
        }
        self.published(|metadata| &metadata.permission_endpoint)
            .await
    }
}

fn token_endpoint_by(connection: Connection) -> fn(&Metadata) -> &PublishedEndpoint {
    match connection {
        Connection::Plain => plain,
        Connection::MutualTls => mutual_tls,
    }
}

fn plain(metadata: &Metadata) -> &PublishedEndpoint {
    &metadata.token_endpoint
}

/// The alias, if the server has one (RFC 8705 §5).
fn mutual_tls(metadata: &Metadata) -> &PublishedEndpoint {
    let alias = metadata.mutual_tls_token_endpoint.as_ref();
    alias.unwrap_or(&metadata.token_endpoint)
}
