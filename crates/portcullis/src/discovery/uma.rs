//! Where permissions are asked for (UMA 2.0).

use std::sync::Arc;

use super::{Discovery, IntrospectionTarget, KnownMetadata, PublishedDocument};
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
    pub(crate) async fn token_target(self: &Arc<Self>) -> Result<IntrospectionTarget, FetchError> {
        if let Some(named) = &self.named.token_endpoint {
            return Ok(IntrospectionTarget {
                endpoint: named.clone(),
                public: named.as_str().into(),
                methods: Arc::default(),
            });
        }
        let retrieved = self.retrieved(|metadata| &metadata.token_endpoint).await?;
        let address = retrieved.metadata.token_endpoint.address(&self.issuer)?;
        Ok(IntrospectionTarget {
            endpoint: address.here,
            public: address.public,
            methods: retrieved.metadata.token_client_methods.clone(),
        })
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
