//! The server: its life, and what a test does to it.

mod builder;
mod clients;
mod endpoints;
mod keys;
mod listening;
mod logout;
mod not_before;
mod permissions;
mod policy;
mod security_events;
mod state;
#[cfg(feature = "tls")]
mod tls;
mod tokens;

use std::{net::SocketAddr, sync::Arc, time::SystemTime};

use self::listening::Listening;
pub(crate) use self::state::State;
pub use self::{builder::AuthorizationServerBuilder, keys::Rotation};
use crate::error::StartError;

/// An OAuth 2.0 authorization server inside the test, on a loopback port of its own.
///
/// It runs on the tokio runtime it was started on and ends when dropped, its connections with it.
/// See the [crate documentation](crate) for what it can do.
#[derive(Debug)]
pub struct AuthorizationServer {
    state: Arc<State>,
    listening: Listening,
}

impl AuthorizationServer {
    /// Starts a server with one client, `orders-api` with the secret `orders-secret`.
    ///
    /// # Errors
    /// If no loopback port or no key can be had.
    pub async fn start() -> Result<Self, StartError> {
        Self::builder().start().await
    }

    /// A server to be configured before it starts.
    pub fn builder() -> AuthorizationServerBuilder {
        AuthorizationServerBuilder::default()
    }

    /// Stops listening and closes all connections; the port stays reserved, so that clients are
    /// refused until [`restart`](Self::restart). Keys, tokens and everything else are kept.
    ///
    /// # Errors
    /// None at present: the port is kept for as long as the server is there.
    pub async fn stop(&self) -> Result<(), StartError> {
        self.listening.stop().await;
        Ok(())
    }

    /// Listens on the same port again.
    ///
    /// # Errors
    /// [`StartError::Running`] if it was not stopped, [`StartError::Listen`] if the port is lost.
    pub async fn restart(&self) -> Result<(), StartError> {
        self.listening.start(&self.state).await
    }

    /// The issuer: `http://127.0.0.1:PORT/realms/test` unless the builder said otherwise.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.state.issuer
    }

    /// The origin, `http://127.0.0.1:PORT`, without a path.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.state.origin
    }

    /// The address it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listening.address()
    }

    /// The `aud` of tokens that name no other.
    #[must_use]
    pub fn audience(&self) -> &str {
        &self.state.audience
    }

    /// The time by its clock.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.state.clock.now()
    }

    /// How many connections have been accepted since the server was made.
    #[must_use]
    pub fn connection_count(&self) -> usize {
        self.state.connection_count()
    }
}
