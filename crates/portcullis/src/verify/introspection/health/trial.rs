//! Finding out whether the server is there: before a call, before old facts are used, and for
//! those who watch over a service.

use super::{
    Asked, Health,
    breaker::{Symptom, Way},
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
    /// Lets a call through. Where the server is in question one caller finds out first, by the
    /// probe, how it is; while the circuit is open all others are refused.
    pub(in crate::verify::introspection) async fn admit(
        &self,
        asked: Asked<'_>,
        endpoint: &IntrospectionEndpoint,
    ) -> Result<(), Rejection> {
        let now = endpoint.clock().monotonic();
        let trial = match self.breaker.way(now, asked.is_genuine) {
            Way::Clear => return self.standing_refusal(asked, endpoint).map_or(Ok(()), Err),
            Way::Blocked(wait) => return Err(refusal::circuit_open(wait)),
            Way::Trial(trial) => trial,
        };
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
                self.standing_refusal(asked, endpoint).map_or(Ok(()), Err)
            }
            Some(symptom) => match trial.failed(now, symptom) {
                None => Ok(()),
                Some(wait) => {
                    report_open(endpoint);
                    Err(refusal::circuit_open(wait))
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
