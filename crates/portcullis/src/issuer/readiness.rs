//! Whether an issuer's tokens can be judged.

use super::{CanAsk, Issuer, LocalOnly};
use crate::{Readiness, jwks::Condition};

impl Issuer<LocalOnly> {
    /// Whether tokens of this issuer can be judged. Waits for nobody: where keys are missing or
    /// old, a fetch begins in the background if there is a tokio runtime, so that an issuer that
    /// was only built becomes ready by being asked.
    pub fn readiness(&self) -> Readiness {
        self.keys.freshen();
        self.told(self.keys.condition().readiness())
    }
}

impl Issuer<CanAsk> {
    /// Whether tokens of this issuer can be judged. Waits for nobody: where keys are missing or
    /// old, a fetch begins in the background if there is a tokio runtime, so that an issuer that
    /// was only built becomes ready by being asked. One that publishes no keys is asked about
    /// every token, and ready without them. One that publishes keys is not ready while they cannot
    /// be had, even if nothing but [`introspection`](Self::introspection) is used of it.
    pub fn readiness(&self) -> Readiness {
        let condition = self.keys.condition();
        let keys = if condition == Condition::Unpublished {
            Readiness::Ready
        } else {
            self.keys.freshen();
            condition.readiness()
        };
        let asking = match self.asking.introspector.causes() {
            causes if causes.is_empty() => Readiness::Ready,
            causes => Readiness::Degraded(causes),
        };
        self.told(keys.and(asking))
    }
}

impl<A> Issuer<A> {
    fn told(&self, readiness: Readiness) -> Readiness {
        self.telemetry.readiness(&readiness);
        readiness
    }
}
