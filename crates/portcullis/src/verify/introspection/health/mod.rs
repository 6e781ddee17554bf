//! Whether the server is well, and whose fault a failed call is: the server's, our
//! configuration's, or that of the one token that was asked about.

mod breaker;
mod failing;
mod probe;
mod refusal;
mod symptom;
mod trial;

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use self::{
    breaker::{Breaker, Evidence, Symptom},
    failing::FailingTokens,
    probe::{Finding, Probe},
    symptom::{silence, symptom},
};
use super::{
    call::{About, CallError, Refused},
    digest::TokenDigest,
    endpoint::IntrospectionEndpoint,
};
use crate::{Cause, Rejection, http_client::HttpError, telemetry::BreakerState};

/// What is known of the server that answers about tokens.
pub(super) struct Health {
    breaker: Breaker,
    probe: Probe,
    failing: FailingTokens,
    seen: Mutex<Seen>,
}

/// The token that is asked about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) digest: &'a TokenDigest,
    /// It is no invention.
    pub(super) is_genuine: bool,
}

#[derive(Debug, Default)]
struct Seen {
    /// When the server last answered about a token.
    served: Option<Instant>,
    /// Its last word was that the realm is switched off.
    is_disabled: bool,
    /// Its last word was that our credentials are refused.
    are_credentials_refused: bool,
}

impl Health {
    /// For how long an answer, or the lack of a realm, says how the server is.
    const RECENT: Duration = Duration::from_secs(5);
    /// For how long an answer says that we are configured as the server wants it.
    const LATELY: Duration = Duration::from_secs(3600);

    /// What is known of a server that was never called. `deadline` is that of a call.
    pub(super) fn new(deadline: Duration) -> Self {
        Self {
            breaker: Breaker::new(deadline),
            probe: Probe::default(),
            failing: FailingTokens::default(),
            seen: Mutex::default(),
        }
    }

    /// Why nobody is asked about this token at the moment. Costs no call.
    pub(super) fn refusal(
        &self,
        asked: Asked<'_>,
        endpoint: &IntrospectionEndpoint,
    ) -> Option<Rejection> {
        let now = endpoint.clock().monotonic();
        if let Some(wait) = self.breaker.blocked(now, asked.is_genuine) {
            return Some(refusal::circuit_open(wait));
        }
        self.failing
            .has(asked.digest, now)
            .then(refusal::failing_token)
            .or_else(|| self.standing_refusal(asked, endpoint))
    }

    /// The server has answered about a token; itself, or somebody who has kept its answer.
    pub(super) fn note_answer(&self, endpoint: &IntrospectionEndpoint, is_its_own: bool) {
        self.note_sign_of_life(endpoint);
        if !is_its_own {
            return;
        }
        let mut seen = self.seen();
        seen.served = Some(endpoint.clock().monotonic());
        seen.is_disabled = false;
        seen.are_credentials_refused = false;
    }

    /// For how long nobody calls another endpoint of the server. Costs no call. What an open circuit
    /// lets through all the same is for tokens to be introspected: their answers close it.
    pub(super) fn pause(&self, endpoint: &IntrospectionEndpoint) -> Option<Duration> {
        self.breaker.blocked(endpoint.clock().monotonic(), false)
    }

    /// Another endpoint of the server has not answered as it should.
    pub(super) fn suspect(&self, endpoint: &IntrospectionEndpoint) {
        if !self.breaker.is_open() {
            self.note_failure(endpoint, Evidence::Suspicion);
        }
    }

    /// Nothing came within the deadline.
    pub(super) fn note_overdue(&self, endpoint: &IntrospectionEndpoint) {
        self.note_failure(endpoint, Evidence::Suspicion);
    }

    /// What a failed call means to the client, and what it says of the server.
    pub(super) async fn explain(
        &self,
        error: &CallError,
        digest: &TokenDigest,
        endpoint: &IntrospectionEndpoint,
    ) -> Rejection {
        match error {
            CallError::Refused(refused) => self.explain_refusal(*refused, endpoint).await,
            CallError::Trouble { .. } | CallError::Http(HttpError::ConnectionLost(_)) => {
                let finding = self.probe.consult(endpoint).await;
                if self.is_well(&finding, endpoint) {
                    self.note_sign_of_life(endpoint);
                    return self.blame_token(error, digest, endpoint);
                }
                let trouble = match &finding {
                    Finding::Unwell(trouble) => trouble,
                    Finding::Well | Finding::Refused(_) => error,
                };
                if let Some(symptom) = symptom(trouble) {
                    self.note_failure(endpoint, Evidence::Certain(symptom));
                }
                refusal::failed_call(error)
            }
            // Whoever stands in front of the server may have said so: no sign that it is there.
            CallError::TokenTooLong => self.blame_token(error, digest, endpoint),
            _ => {
                self.note(error, endpoint);
                refusal::failed_call(error)
            }
        }
    }

    /// The server fails at this one token. For a moment nobody asks about it again.
    fn blame_token(
        &self,
        error: &CallError,
        digest: &TokenDigest,
        endpoint: &IntrospectionEndpoint,
    ) -> Rejection {
        self.failing.note(digest, endpoint.clock().monotonic());
        refusal::failed_at_token(error)
    }

    /// What keeps the server from answering, by all that is known.
    pub(super) fn causes(&self) -> Vec<Cause> {
        let is_open = self.breaker.is_open();
        let seen = self.seen();
        [
            (is_open, Cause::IntrospectionSuspended),
            (
                seen.are_credentials_refused,
                Cause::ClientCredentialsRefused,
            ),
            (seen.is_disabled, Cause::IssuerDisabled),
        ]
        .into_iter()
        .filter_map(|(holds, cause)| holds.then_some(cause))
        .collect()
    }

    /// The rejection while the server is known to refuse our credentials. Other refusals may be
    /// about the one token that was asked about, and hold nobody else up.
    fn standing_refusal(
        &self,
        asked: Asked<'_>,
        endpoint: &IntrospectionEndpoint,
    ) -> Option<Rejection> {
        let Finding::Refused(refused) = self.probe.standing(endpoint)? else {
            return None;
        };
        match refused.about {
            About::Request => None,
            _ if self.is_our_fault(refused, endpoint) => {
                Some(refusal::misconfigured(refused, endpoint))
            }
            // It refuses the tokens that it does not know in the same way.
            _ => (!asked.is_genuine).then(|| refusal::refused_token(refused)),
        }
    }

    /// Whether a refusal of the probe is our own fault. While the server answers about others, a
    /// refusal that does not say so is about what it does not know.
    fn is_our_fault(&self, refused: Refused, endpoint: &IntrospectionEndpoint) -> bool {
        refused.about == About::Client || !self.has_served_within(Self::LATELY, endpoint)
    }

    /// Whose fault it is that a token was refused.
    async fn explain_refusal(
        &self,
        refused: Refused,
        endpoint: &IntrospectionEndpoint,
    ) -> Rejection {
        match self.probe.consult(endpoint).await {
            Finding::Unwell(error) => {
                self.note(&error, endpoint);
                refusal::failed_call(&error)
            }
            Finding::Refused(probe) if probe == refused && self.is_our_fault(probe, endpoint) => {
                self.seen().are_credentials_refused = refused.about != About::Request;
                refusal::misconfigured(refused, endpoint)
            }
            Finding::Well | Finding::Refused(_) => {
                self.note_sign_of_life(endpoint);
                refusal::refused_token(refused)
            }
        }
    }

    /// Whether the server is well but for the token at hand. One that stumbles over what does not
    /// exist stumbles over the probe, too; while it answers about others, it is well.
    fn is_well(&self, finding: &Finding, endpoint: &IntrospectionEndpoint) -> bool {
        match finding {
            Finding::Well => true,
            Finding::Refused(_) => self.has_served_within(Self::LATELY, endpoint),
            Finding::Unwell(error) => {
                symptom(error).is_some() && self.has_served_within(Self::RECENT, endpoint)
            }
        }
    }

    /// What an error says of the server, whatever was asked about.
    fn note(&self, error: &CallError, endpoint: &IntrospectionEndpoint) {
        if *error == CallError::RealmDisabled {
            self.note_sign_of_life(endpoint);
            self.seen().is_disabled = true;
        }
        match silence(error) {
            // Whoever chooses the token may have chosen that, too.
            Some(HttpError::Timeout | HttpError::ConnectionLost(_)) => {
                self.note_failure(endpoint, Evidence::Suspicion);
            }
            Some(_) => self.note_failure(endpoint, Evidence::Certain(Symptom::SILENCE)),
            None => {}
        }
    }

    /// The server is there, whatever it has said.
    fn note_sign_of_life(&self, endpoint: &IntrospectionEndpoint) {
        if self.breaker.note_answer() {
            report_closed(endpoint);
        }
    }

    fn note_failure(&self, endpoint: &IntrospectionEndpoint, evidence: Evidence) {
        let now = endpoint.clock().monotonic();
        if self.breaker.note_failure(now, evidence) {
            report_open(endpoint);
        }
    }

    fn has_served_within(&self, age: Duration, endpoint: &IntrospectionEndpoint) -> bool {
        let now = endpoint.clock().monotonic();
        let served = self.seen().served;
        served.is_some_and(|served| now.saturating_duration_since(served) < age)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn report_open(endpoint: &IntrospectionEndpoint) {
    endpoint.discovery.telemetry.breaker(BreakerState::Open);
    tracing::warn!(
        target: "portcullis::introspection",
        issuer = %endpoint.discovery.issuer,
        "the authorization server does not answer: nobody asks it for a while, and what needs its answer is 503"
    );
}

fn report_closed(endpoint: &IntrospectionEndpoint) {
    endpoint.discovery.telemetry.breaker(BreakerState::Closed);
    tracing::info!(
        target: "portcullis::introspection",
        issuer = %endpoint.discovery.issuer,
        "the authorization server answers again"
    );
}
