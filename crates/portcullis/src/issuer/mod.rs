//! The front door: an issuer, and everything its tokens are held against.

mod builder;
mod compatibility;
mod connect_error;
mod credentials;
mod development;
mod http_client;
mod introspection;
mod parts;
mod readiness;
mod revocation;
mod security_events;
mod settings;
mod state;
#[cfg(feature = "status-list")]
mod status_list;
mod uma;
mod watch;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use self::security_events::SecurityEvents;
pub use self::{
    builder::IssuerBuilder,
    connect_error::ConnectError,
    state::{CanAsk, LocalOnly, WithCredentials},
};
use crate::{
    ConfigError, HybridVerifier, IntrospectionVerifier, JwtVerifier, LogoutReceiver,
    NotBeforeReceiver, RevocationSet, TokenVerifier, http_client::FetchError, jwks::Keys,
    keycloak::CutOffPoll, telemetry::Telemetry,
};

/// An issuer of tokens, and the verifiers for them. All verifiers of one issuer share keys,
/// caches and calls; the last of them to go takes everything with it. Cheap to clone.
///
/// Only an issuer that was given client credentials can be asked: `Issuer<CanAsk>` has
/// [`hybrid`](Self::hybrid) and [`introspection`](Self::introspection), every issuer has
/// [`jwt`](Self::jwt).
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use portcullis::{AuthenticateLayer, Issuer};
///
/// let issuer = Issuer::builder("https://id.example.com")?
///     .audience("orders-api")
///     .client_secret("orders-api", std::env::var("ORDERS_SECRET")?)
///     .connect()
///     .await?;
/// let layer = AuthenticateLayer::new(issuer.hybrid());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Issuer<A = LocalOnly> {
    jwt: JwtVerifier,
    keys: Keys,
    /// Whether somebody needs them. All clones know.
    needs_keys: Arc<AtomicBool>,
    telemetry: Telemetry,
    /// Encrypted tokens count as opaque ones.
    asks_about_encrypted: bool,
    revocations: RevocationSet,
    logout: Option<LogoutReceiver>,
    not_before: Option<NotBeforeReceiver>,
    cut_off_poll: Option<Arc<CutOffPoll>>,
    security_events: SecurityEvents,
    asking: A,
}

impl Issuer {
    /// Begins to describe an issuer by its identifier: the `iss` of its tokens, character for
    /// character.
    ///
    /// # Errors
    /// When it is no absolute `http` or `https` URL, or has a fragment, a user name or a password.
    /// A query (RFC 8414 §2), and plain `http` to anything but a literal loopback address, are
    /// reported by `build`, once everything else has been said.
    pub fn builder(issuer: impl Into<String>) -> Result<IssuerBuilder, ConfigError> {
        IssuerBuilder::new(issuer.into())
    }
}

impl<A> Issuer<A> {
    /// The issuer's identifier: the `iss` of its tokens.
    #[must_use]
    pub fn identifier(&self) -> &str {
        self.revocations.issuer()
    }

    /// A verifier that checks JWTs here and asks nobody about them. Of what ends before its `exp` it
    /// knows what the issuer tells (notices, cut-offs) and publishes (status lists), and nothing
    /// else; keys and lists are fetched for it.
    #[must_use]
    pub fn jwt(&self) -> JwtVerifier {
        if !self.needs_keys.swap(true, Ordering::Relaxed) {
            self.fetch_keys_for_development();
        }
        self.jwt.clone()
    }

    /// Fetches what is needed to verify, instead of waiting for the first token. A cut-off that cannot
    /// be had is asked for again.
    async fn load(&self) -> Result<(), FetchError> {
        const PATIENCE: Duration = Duration::from_secs(2);
        self.revocations.begin();
        match &self.keys {
            Keys::Remote(remote) => remote.load().await?,
            Keys::Fixed(_) => {}
        }
        if let Some(poll) = &self.cut_off_poll {
            poll.first(PATIENCE).await;
        }
        Ok(())
    }
}

impl Issuer<CanAsk> {
    /// A verifier that checks JWTs here, and asks the server where a route wants a live answer
    /// or a token is opaque.
    #[must_use]
    pub fn hybrid(&self) -> HybridVerifier {
        HybridVerifier::new(
            self.jwt(),
            self.asking.introspector.clone(),
            self.asks_about_encrypted,
            self.asking.completes_lightweight,
            self.asking.recheck.clone(),
        )
    }

    /// A verifier that asks the server about every token, JWTs too, and keeps the answers for a
    /// short while.
    #[must_use]
    pub fn introspection(&self) -> IntrospectionVerifier {
        IntrospectionVerifier::new(
            self.asking.introspector.clone(),
            self.jwt.exposes_diagnosis(),
        )
    }
}

impl<A> fmt::Debug for Issuer<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer")
            .field("jwt", &self.jwt)
            .finish_non_exhaustive()
    }
}
