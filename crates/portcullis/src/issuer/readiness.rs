//! Whether an issuer's tokens can be judged.

use std::sync::atomic::Ordering;

use super::{CanAsk, Issuer, LocalOnly};
use crate::{Cause, Readiness, jwks::Condition};

impl Issuer<LocalOnly> {
    /// Whether tokens of this issuer can be judged. Waits for nobody: where keys are missing or
    /// old, a fetch begins in the background if there is a tokio runtime, so that an issuer that
    /// was only built becomes ready by being asked.
    pub fn readiness(&self) -> Readiness {
        self.keys.freshen();
        let keys = self.keys.condition().readiness();
        self.told(keys.and(self.news(false)))
    }
}

impl Issuer<CanAsk> {
    /// Whether tokens of this issuer can be judged. Waits for nobody: where keys are missing or
    /// old, a fetch begins in the background if there is a tokio runtime, so that an issuer that
    /// was only built becomes ready by being asked. One that publishes no keys is asked about
    /// every token, and ready without them. One that publishes keys is not ready while they cannot
    /// be had, even if nothing but [`introspection`](Self::introspection) is used of it, unless its
    /// [endpoint was named](crate::IssuerBuilder::introspection_endpoint) and none of its signatures is
    /// looked at: no [`jwt`](Self::jwt) and no [`hybrid`](Self::hybrid) was taken of it, and neither its
    /// answers nor what it tells of ends are signed. Then nothing is fetched.
    ///
    /// Where [`uma`](Self::uma) was taken of it, it is [`Degraded`](Cause::UmaMetadataMissing) until it is
    /// known where permissions are asked for.
    pub fn readiness(&self) -> Readiness {
        let condition = self.keys.condition();
        let is_needed = self.needs_keys.load(Ordering::Relaxed);
        let keys = if !is_needed || condition == Condition::Unpublished {
            Readiness::Ready
        } else {
            self.keys.freshen();
            condition.readiness()
        };
        let mut causes = self.asking.introspector.causes();
        if let Some(recheck) = &self.asking.recheck
            && recheck.is_overdue()
        {
            causes.push(Cause::RecheckOverdue);
        }
        if self.asking.uma.lacks_metadata() {
            causes.push(Cause::UmaMetadataMissing);
        }
        let asking = degraded_by(causes);
        self.told(keys.and(asking).and(self.news(true)))
    }
}

impl<A> Issuer<A> {
    /// Whether news of what is over comes in.
    fn news(&self, can_ask: bool) -> Readiness {
        self.revocations.begin();
        let mut causes = self.revocations.causes(can_ask);
        let poll = self.cut_off_poll.as_ref();
        if poll.is_some_and(|poll| poll.is_failing()) {
            causes.push(Cause::CutOffUnknown);
        }
        if self.security_events.are_silent() {
            causes.push(Cause::SecurityEventsSilent);
        }
        degraded_by(causes)
    }

    fn told(&self, readiness: Readiness) -> Readiness {
        let readiness = readiness.and(self.exposure());
        self.telemetry.readiness(&readiness);
        readiness
    }
}

fn degraded_by(causes: Vec<Cause>) -> Readiness {
    if causes.is_empty() {
        Readiness::Ready
    } else {
        Readiness::Degraded(causes)
    }
}
