//! What an issuer is told of its security events, and how they are taken.

use std::sync::Arc;

use super::{Issuer, IssuerBuilder, settings::Settings};
use crate::{
    BearerSource, ConfigError, RevocationSet, SecurityEventReceiver,
    client_authentication::Bearer,
    discovery::Discovery,
    http_client::ServerUrl,
    revocation::{
        PollEndpoint, PushAuthorization, SecurityEventIntake, SecurityEventPoll,
        SecurityEventRules, Signatory,
    },
};

impl<A> IssuerBuilder<A> {
    /// What the issuer calls this service as a receiver of its security events (Shared Signals
    /// Framework 1.0, `aud`): those for anybody else are refused. Mandatory for events to be taken,
    /// by push ([`Issuer::security_event_receiver`]) or by
    /// [poll](Self::poll_security_events); call it again for one more.
    ///
    /// A revoked session (CAEP 1.0 §3.1) is over at once, whoever has vouched for its tokens, and so
    /// are all sessions of a user where no single one is named, up to the `event_timestamp`. Where the
    /// user is named by `email`, or the event is about a device or a tenant of the user's, and after a
    /// changed credential (§3.3), the user's tokens up to that moment are asked about; where nobody
    /// can be asked they are refused. Events about another issuer's users and of other kinds change
    /// nothing.
    ///
    /// In Keycloak 26.7 that is the experimental feature `ssf`. The audience of a stream is the
    /// attribute `ssf.streamAudience` of the receiving client, else the client's id, a slash and the
    /// id of the stream. Of what ends tokens, Keycloak tells by events the log-outs of users and their
    /// changed credentials, and nothing else; it pushes every half minute unless the server's option
    /// `spi-ssf-transmitter--default--outbox-drainer-interval` says otherwise.
    pub fn security_event_audience(self, audience: impl Into<String>) -> Self {
        self.with(|settings| settings.security_events.audiences.push(audience.into()))
    }

    /// The whole value of `Authorization` that comes with events that are pushed, as it was agreed
    /// upon when the stream was created (`authorization_header`, SSF 1.0 §6.1.1): without it they are
    /// answered with 401. Unless set, the signature of an event is its only proof. A mistake in it is
    /// reported by `build`.
    pub fn security_event_authorization(self, value: impl AsRef<str>) -> Self {
        let authorization = PushAuthorization::new(value.as_ref());
        self.with(|settings| settings.security_events.authorization = Some(authorization))
    }

    /// The `state` by which the operator has asked the issuer to verify the stream (SSF 1.0 §8.1.4):
    /// a verification event with another one is refused. Unless set, each is taken, as is one without
    /// any.
    pub fn security_event_state(self, state: impl Into<String>) -> Self {
        self.with(|settings| settings.security_events.state = Some(state.into()))
    }

    /// Polls for security events at this address (RFC 8936), the `endpoint_url` of a stream, with a
    /// bearer token of our own, had anew for each poll. The address is `https`, or plain `http` to a
    /// literal loopback address. In Keycloak the token is that of the receiving client with the scope
    /// `ssf.read`.
    ///
    /// That goes on in the background from the first use on, one poll after another. A transmitter
    /// that waits until there is an event is asked again at once; one that does not, every second. What
    /// was taken is acknowledged; an event that cannot be judged before the issuer's keys can be had is
    /// not, and comes again. While the transmitter does not answer, verification goes on as it is, and
    /// the readiness is [`Degraded`](crate::Cause::SecurityEventsSilent).
    ///
    /// Each event comes to one of the instances that poll the same stream: let them tell the others by
    /// a [`revocation_feed`](Self::revocation_feed).
    ///
    /// ```
    /// use portcullis::{AccessToken, ConfigError, Issuer, Realm};
    ///
    /// # fn issuer() -> Result<Issuer, ConfigError> {
    /// let realm = Realm::new("https://id.example.com/realms/shop")?
    ///     .audience("orders-api")
    ///     .security_event_audience("orders-api")
    ///     .poll_security_events(
    ///         "https://id.example.com/realms/shop/ssf/transmitter/receivers/orders-events/streams/1/poll",
    ///         || async { AccessToken::new("from-a-cache-of-yours") },
    ///     )
    ///     .build()?;
    /// # Ok(realm)
    /// # }
    /// # issuer().unwrap();
    /// ```
    pub fn poll_security_events(
        self,
        address: impl Into<String>,
        bearer: impl BearerSource,
    ) -> Self {
        let poll = (address.into(), Bearer::new(bearer));
        self.with(|settings| settings.security_events.poll = Some(poll))
    }
}

impl<A> Issuer<A> {
    /// Takes the security events that the issuer pushes (RFC 8935). `security_event_route` of
    /// `portcullis-axum` makes a route of it.
    ///
    /// # Errors
    /// When no audience was named by
    /// [`security_event_audience`](IssuerBuilder::security_event_audience).
    pub fn security_event_receiver(&self) -> Result<SecurityEventReceiver, ConfigError> {
        let receiver = self.security_events.receiver.clone();
        receiver.ok_or_else(|| {
            unaddressed("no audience is named, so every security event would be refused")
        })
    }
}

/// What a builder has been told of security events.
#[derive(Debug, Clone, Default)]
pub(super) struct SecurityEventSettings {
    audiences: Vec<String>,
    authorization: Option<Result<PushAuthorization, ConfigError>>,
    state: Option<String>,
    poll: Option<(String, Bearer)>,
}

/// By which ways an issuer's security events are taken.
#[derive(Debug, Clone, Default)]
pub(super) struct SecurityEvents {
    receiver: Option<SecurityEventReceiver>,
    poll: Option<Arc<SecurityEventPoll>>,
}

impl SecurityEvents {
    /// Whether none can be had though they are polled for.
    pub(super) fn are_silent(&self) -> bool {
        self.poll.as_ref().is_some_and(|poll| poll.is_failing())
    }
}

impl SecurityEventSettings {
    pub(super) fn are_taken(&self) -> bool {
        !self.audiences.is_empty()
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let is_described =
            self.authorization.is_some() || self.state.is_some() || self.poll.is_some();
        if is_described && !self.are_taken() {
            return Err(unaddressed(
                "something is said of security events, and no audience is named: every one would be refused",
            ));
        }
        if self.audiences.iter().any(String::is_empty) {
            return Err(unaddressed("an audience is empty"));
        }
        Ok(())
    }
}

fn unaddressed(problem: &'static str) -> ConfigError {
    ConfigError::new(
        "security_event_audience",
        problem,
        "name what stands in `aud` of the events, as in `.security_event_audience(\"orders-api\")`",
    )
}

impl Settings {
    /// Takes events by the ways that were named; polls begin with the first use.
    pub(super) fn security_events(
        &self,
        revocations: &RevocationSet,
        discovery: &Arc<Discovery>,
        signatory: Signatory,
    ) -> Result<SecurityEvents, ConfigError> {
        let settings = &self.security_events;
        if !settings.are_taken() {
            return Ok(SecurityEvents::default());
        }
        let rules = SecurityEventRules {
            issuer: self.issuer.clone(),
            audiences: settings.audiences.clone(),
            leeway: self.leeway,
            state: settings.state.clone(),
        };
        let intake = Arc::new(SecurityEventIntake {
            rules,
            signatory,
            clock: self.clock.clone(),
        });
        let authorization = settings.authorization.clone().transpose()?;
        let receiver =
            SecurityEventReceiver::new(intake.clone(), authorization, revocations.clone());
        let poll = match &settings.poll {
            None => None,
            Some((address, bearer)) => {
                let setting = "poll_security_events";
                let endpoint = PollEndpoint {
                    url: ServerUrl::configured(setting, address, self.allows_http)?,
                    bearer: bearer.clone(),
                };
                let (discovery, sink) = (discovery.clone(), revocations.sink());
                let poll = SecurityEventPoll::new(intake, endpoint, discovery, sink);
                let poll = Arc::new(poll);
                let task = poll.clone();
                revocations.add_task(move || task.clone().run());
                Some(poll)
            }
        };
        Ok(SecurityEvents {
            receiver: Some(receiver),
            poll,
        })
    }
}
