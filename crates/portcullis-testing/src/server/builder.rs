//! What is settled before the server starts.

use std::{sync::Arc, time::SystemTime};

use super::{
    AuthorizationServer,
    listening::Listening,
    state::{Identity, State},
};
use crate::{clients::Client, clock::Clock, error::StartError, keys::KeyRing, tls::Authority};

/// Configures an [`AuthorizationServer`].
#[derive(Debug)]
#[must_use = "a builder does nothing until it is started"]
pub struct AuthorizationServerBuilder {
    clock: Clock,
    path: String,
    issuer: Option<String>,
    audience: Option<String>,
    audience_rule: bool,
    clients: Vec<Client>,
    port: u16,
    #[cfg(feature = "tls")]
    tls: bool,
}

impl Default for AuthorizationServerBuilder {
    fn default() -> Self {
        Self {
            clock: Clock::default(),
            path: "/realms/test".to_owned(),
            issuer: None,
            audience: None,
            audience_rule: false,
            clients: Vec::new(),
            port: 0,
            #[cfg(feature = "tls")]
            tls: false,
        }
    }
}

impl AuthorizationServerBuilder {
    /// The clock: `iat`, `exp`, the life of tokens and the `Date` of every answer follow it. The
    /// system's unless set. It is called from the server's tasks and must not block.
    pub fn clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Clock::new(now);
        self
    }

    /// Adds a client. Without any, there is `orders-api` with the secret `orders-secret`.
    pub fn client(mut self, id: impl Into<String>, secret: impl Into<String>) -> Self {
        self.clients.push(Client::new(id, secret));
        self
    }

    /// Adds a client with settings of its own.
    pub fn add_client(mut self, client: Client) -> Self {
        self.clients.push(client);
        self
    }

    /// The `aud` of tokens that name no other; the id of the first client unless set.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// The path of the issuer, with its slash in front; `/realms/test` unless set, empty for an
    /// issuer without a path. A terminating slash belongs to the issuer and to no endpoint.
    pub fn issuer_path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// Another issuer than the address of the server, as behind a proxy or in a split network.
    /// The endpoints stay where they are: at the origin of the server, below the issuer path.
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = Some(issuer.into());
        self
    }

    /// As strict as Keycloak 26.7 in one more way: a token is inactive for a client that is not
    /// in its `aud`. Off unless called.
    pub const fn keycloak_style(mut self) -> Self {
        self.audience_rule = true;
        self
    }

    /// Listens on this port of 127.0.0.1 instead of a free one.
    pub const fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Speaks HTTPS, with a certificate for 127.0.0.1 by an authority of its own
    /// ([`root_certificate`](AuthorizationServer::root_certificate)), and takes client
    /// certificates by the same authority.
    #[cfg(feature = "tls")]
    pub const fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    #[cfg(feature = "tls")]
    fn authority(&self) -> Result<Option<Authority>, StartError> {
        self.tls.then(Authority::new).transpose()
    }

    #[cfg(not(feature = "tls"))]
    #[expect(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "with the feature it is asked for and can fail"
    )]
    const fn authority(&self) -> Result<Option<Authority>, StartError> {
        Ok(None)
    }

    /// Makes the keys and starts the server on the current tokio runtime.
    ///
    /// # Errors
    /// [`StartError::Listen`] if the port cannot be had, [`StartError::Key`] if the keys cannot,
    /// `StartError::Tls` if the certificates cannot.
    pub async fn start(mut self) -> Result<AuthorizationServer, StartError> {
        let keys = tokio::task::spawn_blocking(KeyRing::generate);
        let listening = Listening::reserve(self.port)?;
        let authority = self.authority()?;
        let scheme = if authority.is_some() { "https" } else { "http" };
        let origin = format!("{scheme}://{}", listening.address());
        if self.clients.is_empty() {
            self.clients
                .push(Client::new("orders-api", "orders-secret"));
        }
        let first_client = self.clients.first().map(|client| client.id.clone());
        let identity = Identity {
            clock: self.clock,
            authority,
            issuer: self
                .issuer
                .unwrap_or_else(|| format!("{origin}{}", self.path)),
            audience: self.audience.or(first_client).unwrap_or_default(),
            origin,
            path: self.path,
            audience_rule: self.audience_rule,
        };
        let keys = keys.await.map_err(|_| StartError::RuntimeEnded)??;
        let state = Arc::new(State::new(identity, keys));
        for client in self.clients {
            state.add_client(client);
        }
        listening.start(&state).await?;
        Ok(AuthorizationServer { state, listening })
    }
}
