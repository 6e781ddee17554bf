//! Endpoints that take requests of clients, by whichever way those authenticate.

use std::sync::Arc;

use super::{
    ClientMethods, Discovery,
    metadata::{Metadata, PublishedEndpoint},
};
use crate::http_client::{FetchError, ServerUrl};

/// An endpoint that takes requests of clients, and what the server says of them there.
#[derive(Debug, Clone)]
pub(crate) struct ClientTarget {
    /// As it is reached from here.
    pub(crate) endpoint: ServerUrl,
    /// As the server knows it: what it publishes, or what the operator has named.
    pub(crate) public: Arc<str>,
    pub(crate) methods: Arc<ClientMethods>,
}

/// How the connection to the endpoint is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Connection {
    Plain,
    /// With a certificate of ours (RFC 8705).
    MutualTls,
}

impl Discovery {
    /// The address that tokens are introspected at. It gets credentials, so it is on the issuer's
    /// own origin or named by the operator; an alias for clients with certificates may be
    /// elsewhere on the issuer's host. For an endpoint that is named nothing is fetched, and what
    /// else has been fetched by then says nothing of it: a client could choose when that is.
    pub(crate) async fn introspection_target(
        self: &Arc<Self>,
        connection: Connection,
    ) -> Result<ClientTarget, FetchError> {
        let endpoint = match connection {
            Connection::Plain => plain,
            Connection::MutualTls => mutual_tls,
        };
        let named = self.named.introspection_endpoint.as_ref();
        self.target(named, endpoint, |metadata| &metadata.client_methods)
            .await
    }

    /// The address that was named, or else this one of those that are published.
    pub(super) async fn target(
        self: &Arc<Self>,
        named: Option<&ServerUrl>,
        endpoint: fn(&Metadata) -> &PublishedEndpoint,
        methods: fn(&Metadata) -> &Arc<ClientMethods>,
    ) -> Result<ClientTarget, FetchError> {
        if let Some(named) = named {
            return Ok(ClientTarget {
                endpoint: named.clone(),
                public: named.as_str().into(),
                methods: Arc::default(),
            });
        }
        let retrieved = self.retrieved(endpoint).await?;
        let address = endpoint(&retrieved.metadata).address(&self.issuer)?;
        Ok(ClientTarget {
            endpoint: address.here,
            public: address.public,
            methods: methods(&retrieved.metadata).clone(),
        })
    }
}

fn plain(metadata: &Metadata) -> &PublishedEndpoint {
    &metadata.introspection_endpoint
}

/// The alias, if the server has one (RFC 8705 §5).
fn mutual_tls(metadata: &Metadata) -> &PublishedEndpoint {
    let alias = metadata.mutual_tls_introspection_endpoint.as_ref();
    alias.unwrap_or(&metadata.introspection_endpoint)
}
