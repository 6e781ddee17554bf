//! In what condition the issuer's keys are: for those who are asked whether they can serve.

use std::sync::Arc;

use super::{Keys, RemoteJwks};
use crate::{Cause, Readiness, http_client::FetchError};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    /// They can be used.
    Good,
    /// They can be used, and could not be fetched again.
    NotRefreshed,
    /// They are too old to be used.
    TooOld,
    /// There are none yet.
    Missing,
    /// There are none, since the issuer publishes none.
    Unpublished,
    /// What stands at the issuer's address is another issuer. Keys that were fetched before may
    /// stand in.
    OtherIssuer { keys_stand_in: bool },
}

impl Condition {
    pub(crate) fn readiness(self) -> Readiness {
        match self {
            Self::Good => Readiness::Ready,
            Self::NotRefreshed => Readiness::Degraded(vec![Cause::KeysNotRefreshed]),
            Self::TooOld => Readiness::NotReady(vec![Cause::KeysTooOld]),
            Self::Missing | Self::Unpublished => Readiness::NotReady(vec![Cause::KeysNotLoaded]),
            Self::OtherIssuer {
                keys_stand_in: true,
            } => Readiness::Degraded(vec![Cause::OtherIssuer]),
            Self::OtherIssuer {
                keys_stand_in: false,
            } => Readiness::NotReady(vec![Cause::OtherIssuer]),
        }
    }
}

impl Keys {
    pub(crate) fn condition(&self) -> Condition {
        match self {
            Self::Fixed(_) => Condition::Good,
            Self::Remote(remote) => remote.condition(),
        }
    }

    /// Lets a fetch begin in the background if one is due, so that a service which gets no
    /// requests until it is ready becomes ready. Failures are logged by the fetch, and their
    /// cool-down holds.
    pub(crate) fn freshen(&self) {
        if let Self::Remote(remote) = self {
            remote.freshen();
        }
    }
}

impl RemoteJwks {
    fn condition(&self) -> Condition {
        let current = self.current.load_full();
        let keys_stand_in = current
            .as_ref()
            .is_some_and(|current| self.may_stand_in(current));
        if self.discovery.has_found_other_issuer() {
            return Condition::OtherIssuer { keys_stand_in };
        }
        let failure = self.control.lock().single_flight.last_failure().cloned();
        match (current, failure) {
            (Some(_), _) if !keys_stand_in => Condition::TooOld,
            (Some(_), Some(_)) => Condition::NotRefreshed,
            (Some(_), None) => Condition::Good,
            (None, Some(FetchError::NoEndpoint { .. })) => Condition::Unpublished,
            (None, _) => Condition::Missing,
        }
    }

    fn freshen(self: &Arc<Self>) {
        if self.discovery.has_found_other_issuer() {
            // The keys may be fetched from an address that was named, which tells nothing of it.
            self.discovery.look_again();
        }
        let current = self.current.load();
        if current
            .as_ref()
            .is_none_or(|current| self.age(current) >= current.refresh_at)
        {
            self.refresh();
        }
    }
}
