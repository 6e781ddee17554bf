//! Finding out whether the server is there: before a call, before old facts are used, and for
//! those who watch over a service.

use std::time::Duration;

use super::{
    Asked, Health,
    breaker::{Symptom, Trial, Way},
    probe::Finding,
    refusal, report_closed, report_open,
    symptom::symptom,
};
use crate::{
    Rejection,
    telemetry::BreakerState,
    verify::introspection::{call::CallError, endpoint::IntrospectionEndpoint},
};

impl Health {
    /// Lets a call about a token through. Where the server is in question one caller finds out first,
    /// by the probe, how it is; while the circuit is open all others are refused.
    pub(in crate::verify::introspection) async fn admit(
        &self,
        asked: Asked<'_>,
        endpoint: &IntrospectionEndpoint,
    ) -> Result<(), Rejection> {
        let admitted = self.pass_breaker(asked.is_genuine, endpoint).await;
        admitted.map_err(refusal::circuit_open)?;
        self.standing_refusal(asked, endpoint).map_or(Ok(()), Err)
    }

    /// The same for a call to another endpoint of the server, which needs nothing but the server; `Err`
    /// with the time that nobody calls.
    pub(in crate::verify::introspection) async fn admit_elsewhere(
        &self,
        endpoint: &IntrospectionEndpoint,
    ) -> Result<(), Duration> {
        self.pass_breaker(false, endpoint).await
    }

    async fn pass_breaker(
        &self,
        is_genuine: bool,
        endpoint: &IntrospectionEndpoint,
    ) -> Result<(), Duration> {
        let now = endpoint.clock().monotonic();
        match self.breaker.way(now, is_genuine) {
            Way::Clear => Ok(()),
            Way::Blocked(wait) => Err(wait),
            // In a box, so that the calls which are not held up stay small.
            Way::Trial(trial) => Box::pin(self.try_server(trial, endpoint)).await,
        }
    }

    /// Finds out how the server is; `Err` with the time that nobody calls.
    async fn try_server(
        &self,
        trial: Trial<'_>,
        endpoint: &IntrospectionEndpoint,
    ) -> Result<(), Duration> {
        let telemetry = &endpoint.discovery.telemetry;
        let was_open = self.breaker.is_open();
        if was_open {
            telemetry.breaker(BreakerState::HalfOpen);
        }
        let found = tokio::time::timeout(endpoint.trial_deadline(), self.probe.ask(endpoint));
        let symptom = match found.await {
            // What came of it from the server, and what never reached it, is for the call to find
            // out.
            Ok(Finding::Well | Finding::Refused(_)) => None,
            Ok(Finding::Unwell(error)) => symptom(&error),
            Err(_) => Some(Symptom::SILENCE),
        };
        // While it answers about others it is not away, whatever the probe says.
        let is_refuted = !was_open && self.has_served_within(Self::RECENT, endpoint);
        let symptom = symptom.filter(|_| !is_refuted);
        let now = endpoint.clock().monotonic();
        match symptom {
            None => {
                if trial.succeeded() && was_open {
                    report_closed(endpoint);
                }
                Ok(())
            }
            Some(symptom) => match trial.failed(now, symptom) {
                None => Ok(()),
                Some(wait) => {
                    report_open(endpoint);
                    Err(wait)
                }
            },
        }
    }

    /// Whether the server cannot be asked, so that a failed call says nothing of its token.
    pub(in crate::verify::introspection) async fn is_away(
        &self,
        endpoint: &IntrospectionEndpoint,
    ) -> bool {
        if self.breaker.is_open() {
            return true;
        }
        let found = tokio::time::timeout(endpoint.probe_deadline(), self.probe.consult(endpoint));
        match found.await {
            Ok(Finding::Unwell(CallError::RealmDisabled)) => {
                self.note(&CallError::RealmDisabled, endpoint);
                false
            }
            Ok(finding) => matches!(&finding, Finding::Unwell(_)),
            // A slow server is not away.
            Err(_) => !self.has_served_within(Self::RECENT, endpoint),
        }
    }

    /// Whether the server answers, and soon, so that a failed call says something of its token.
    pub(in crate::verify::introspection) async fn is_well_now(
        &self,
        endpoint: &IntrospectionEndpoint,
    ) -> bool {
        if self.breaker.is_open() {
            return false;
        }
        let found = tokio::time::timeout(endpoint.probe_deadline(), self.probe.consult(endpoint));
        matches!(found.await, Ok(Finding::Well))
    }

    /// Whether somebody should find out if the server is back.
    pub(in crate::verify::introspection) fn is_trial_due(
        &self,
        endpoint: &IntrospectionEndpoint,
    ) -> bool {
        self.breaker.is_trial_due(endpoint.clock().monotonic())
    }
}
