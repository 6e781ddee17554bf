//! What an issuer is told of the ways in which tokens end before their time.

use std::{sync::Arc, time::Duration};

use super::{Issuer, IssuerBuilder};
use crate::{
    ClientAuthentication, ConfigError, LogoutReceiver, NotBeforeReceiver, RevocationFeed,
    RevocationSet, SharedStore, StateKeys,
};

impl<A> IssuerBuilder<A> {
    /// The clients whose logout tokens are taken (OpenID Connect Back-Channel Logout 1.0): the front
    /// ends that hold the sessions, to which the issuer addresses them, and not this service. Tokens
    /// of theirs are covered: the end of their session is told, if the receiver's address is
    /// registered at the issuer ([`Issuer::logout_receiver`]).
    pub fn logout_audiences<C: Into<String>>(self, clients: impl IntoIterator<Item = C>) -> Self {
        let clients = clients.into_iter().map(Into::into);
        self.with(|settings| settings.revocation.covered.extend(clients))
    }

    /// Takes logout tokens as Keycloak before version 25 sends them, too: with `typ` `JWT` and
    /// without `exp`. Without `exp` they are good for two minutes.
    pub fn old_logout_tokens(self) -> Self {
        self.with(|settings| settings.takes_old_logout_tokens = true)
    }

    /// How long an access token of this issuer lives at the most; an hour unless set. What is over is
    /// remembered for as long. Where news of the issuer is listened to, tokens that live longer, or
    /// do not say how long, are asked about each time a recheck is due
    /// ([`recheck_every`](IssuerBuilder::recheck_every), else every 10 seconds), and refused where
    /// nobody can be asked.
    pub fn max_token_lifetime(self, lifetime: Duration) -> Self {
        self.with(|settings| settings.revocation.max_token_lifetime = lifetime)
    }

    /// How many sessions, subjects, clients and tokens are remembered that are over; a million unless
    /// set, which takes up 64 MB at the most. Memory is taken as it is needed.
    pub fn max_revocations(self, entries: usize) -> Self {
        self.with(|settings| settings.revocation.capacity = entries)
    }

    /// Shares what is learned of tokens with the other instances of this service, sealed under keys that
    /// only they have: a token is then asked about by one of them.
    pub fn shared_store(self, store: impl SharedStore, keys: &StateKeys) -> Self {
        let keys = keys.clone();
        self.with(|settings| settings.shared_store = Some((Arc::new(store), keys)))
    }

    /// Refuses tokens about which something may have been missed, where the server cannot be asked:
    /// by verifiers of [`jwt`](Issuer::jwt) those that were issued before this instance began to
    /// listen. Without this they are let in, and the readiness is `Degraded` meanwhile.
    pub fn refuse_unconfirmed(self) -> Self {
        self.with(|settings| settings.revocation.is_strict = true)
    }

    /// How often a realm of Keycloak's is asked for its cut-off ("not before"); every 10 seconds, a
    /// tenth more or less, where [`logout_audiences`](Self::logout_audiences), a feed,
    /// [`not_before_clients`](Self::not_before_clients) or a
    /// [`security_event_audience`](Self::security_event_audience) are given, else never. It is the one way to
    /// learn of a realm-wide "log out all", of which no notice is sent.
    pub fn poll_not_before(self, period: Duration) -> Self {
        self.with(|settings| settings.not_before_period = Some(period))
    }

    /// The clients of a realm of Keycloak's whose admin URL leads to this service
    /// ([`Issuer::not_before_receiver`]): a cut-off that is pushed is then obeyed at once.
    pub fn not_before_clients<C: Into<String>>(self, clients: impl IntoIterator<Item = C>) -> Self {
        let clients = clients.into_iter().map(Into::into);
        self.with(|settings| settings.not_before_clients.extend(clients))
    }

    /// A client of a realm of Keycloak's that tells whether notices come: every 30 seconds one instance
    /// logs it in and out, and all of them must hear of it. While they do not, for two periods, what
    /// may have been missed is asked about, and the readiness is `Degraded`.
    ///
    /// The client has a secret, a service account, the attribute
    /// `client_credentials.use_refresh_token` set to `true`, and the back-channel logout URL that the
    /// front ends have, with *session required*. It needs no roles. A mistake in its id or secret is
    /// reported by `build`.
    pub fn canary(self, client_id: impl Into<String>, secret: impl Into<String>) -> Self {
        let client = ClientAuthentication::client_secret_basic(client_id, secret);
        self.with(|settings| settings.canary = Some(client))
    }

    pub(crate) fn of_realm(self) -> Self {
        self.with(|settings| settings.is_realm = true)
    }

    /// Carries what one instance of this service learns to the others, as `portcullis-redis` does.
    pub fn revocation_feed(self, feed: impl RevocationFeed) -> Self {
        self.with(|settings| settings.feed = Some(Arc::new(feed)))
    }
}

impl<A> Issuer<A> {
    /// Takes the issuer's logout tokens. `backchannel_logout_route` of `portcullis-axum` makes a route
    /// of it.
    ///
    /// # Errors
    /// When no client was named by [`logout_audiences`](IssuerBuilder::logout_audiences).
    pub fn logout_receiver(&self) -> Result<LogoutReceiver, ConfigError> {
        self.logout.clone().ok_or_else(|| {
            ConfigError::new(
                "logout_audiences",
                "no client is named, so every logout token would be refused",
                "name the clients that hold the sessions, as in `.logout_audiences([\"shop-web\"])`",
            )
        })
    }

    /// Takes what Keycloak tells of moved cut-offs. `not_before_router` of `portcullis-axum` makes routes
    /// of it.
    ///
    /// # Errors
    /// When no client was named by [`not_before_clients`](IssuerBuilder::not_before_clients).
    pub fn not_before_receiver(&self) -> Result<NotBeforeReceiver, ConfigError> {
        self.not_before.clone().ok_or_else(|| {
            ConfigError::new(
                "not_before_clients",
                "no client is named, so every message would be refused",
                "name the clients whose admin URL leads here, as in `.not_before_clients([\"shop-web\"])`",
            )
        })
    }

    /// What is known to be over of what this issuer has issued: to look into, or to have a verifier
    /// of your own looked after ([`Expectations::revocations`](crate::Expectations::revocations)).
    #[must_use]
    pub fn revocations(&self) -> &RevocationSet {
        &self.revocations
    }
}
