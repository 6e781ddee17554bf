//! What looks after an issuer's tokens once they are issued, put together.

use std::{sync::Arc, time::Duration};

use super::settings::{Parts, Settings};
use crate::{
    ConfigError, LogoutReceiver, NotBeforeReceiver, RevocationSet,
    discovery::Discovery,
    jwks::SignedText,
    keycloak::{Canary, CutOffPoll, MessageRules},
    revocation::{LogoutRules, RevocationPolicy, Signatory},
    shared_state::lease,
    verify::introspection::InFlight,
};

impl Settings {
    const NOT_BEFORE_PERIOD: Duration = Duration::from_secs(10);

    /// What was said of revocation, with what else was said that it depends on.
    pub(super) fn revocation_policy(&self) -> RevocationPolicy {
        RevocationPolicy {
            leeway: self.leeway,
            is_fed: self.is_fed(),
            canary: match &self.canary {
                Some(Ok(client)) => Some((client.client_id().to_owned(), Canary::PERIOD)),
                Some(Err(_)) | None => None,
            },
            marks_offline_by_jti: self.is_realm,
            ..self.revocation.clone()
        }
    }

    pub(super) fn check_revocation(&self) -> Result<(), ConfigError> {
        const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);
        let policy = &self.revocation;
        if !(Duration::from_secs(1)..=LONGEST).contains(&policy.max_token_lifetime) {
            return Err(ConfigError::new(
                "max_token_lifetime",
                "no access token lives for less than a second, and none should for more than a year",
                "say how long access tokens live at the most; an hour is the default",
            ));
        }
        if policy.capacity == 0 {
            return Err(ConfigError::new(
                "max_revocations",
                "nothing that is over would be remembered",
                "allow some; a million is the default",
            ));
        }
        self.check_keycloak()?;
        self.security_events.check()?;
        if policy.window < Duration::from_secs(1) || policy.budget == 0 {
            return Err(ConfigError::new(
                if policy.budget == 0 {
                    "recheck_budget"
                } else {
                    "recheck_every"
                },
                "every request would ask, or none ever",
                "ask every second at the most, ten are the default, and allow at least one question a second; for routes that ask on every request there is `RequireActiveLayer`",
            ));
        }
        if policy.covered.iter().any(String::is_empty) {
            return Err(ConfigError::new(
                "logout_audiences",
                "a client is named by an empty text",
                "name clients by their ids",
            ));
        }
        Ok(())
    }

    fn check_keycloak(&self) -> Result<(), ConfigError> {
        let of_keycloak = [
            ("poll_not_before", self.not_before_period.is_some()),
            ("not_before_clients", !self.not_before_clients.is_empty()),
            ("canary", self.canary.is_some()),
        ];
        let stray = of_keycloak.into_iter().find(|(_, is_set)| *is_set);
        if let Some((setting, _)) = stray.filter(|_| !self.is_realm) {
            return Err(ConfigError::new(
                setting,
                "only Keycloak can do that",
                "begin with `Realm::new(..)`, or drop it",
            ));
        }
        if self.canary.is_some() && self.revocation.covered.is_empty() {
            return Err(ConfigError::new(
                "canary",
                "there are no notices that it could tell of",
                "name the clients whose logout tokens are taken by `logout_audiences(..)`",
            ));
        }
        let is_hasty = |period| period < Duration::from_secs(1);
        if self.not_before_period.is_some_and(is_hasty) {
            return Err(ConfigError::new(
                "poll_not_before",
                "the realm would be asked more often than once a second",
                "give it seconds; ten are the default",
            ));
        }
        Ok(())
    }

    /// Whether the issuer tells of what ends in texts that it signs.
    pub(super) fn takes_signed_news(&self) -> bool {
        #[cfg(feature = "status-list")]
        let reads_lists = self.status_lists.is_some();
        #[cfg(not(feature = "status-list"))]
        let reads_lists = false;
        reads_lists
            || !self.revocation.covered.is_empty()
            || !self.not_before_clients.is_empty()
            || self.security_events.are_taken()
    }

    fn is_fed(&self) -> bool {
        !self.revocation.covered.is_empty()
            || self.feed.is_some()
            || self.security_events.are_taken()
    }

    /// What goes on in the background, from the first use on.
    pub(super) fn watch(
        &self,
        revocations: &RevocationSet,
        discovery: &Arc<Discovery>,
    ) -> Result<Option<Arc<CutOffPoll>>, ConfigError> {
        if let Some(client) = self.canary.clone() {
            let client = client?;
            client.check()?;
            let store = self.shared_store.as_ref();
            let lease = store.map(|(store, keys)| {
                let name = lease(keys, &self.issuer, client.client_id());
                (store.clone(), name)
            });
            let canary = Canary::new(discovery.clone(), client, lease, revocations.sink());
            let canary = Arc::new(canary);
            revocations.add_task(move || canary.clone().run());
        }
        if let Some(feed) = &self.feed {
            revocations.fan_out(feed);
            let is_told = !self.revocation.covered.is_empty() || self.security_events.are_taken();
            if !is_told && !self.revocation.rechecks {
                tracing::warn!(
                    target: "portcullis::revocation",
                    issuer = %self.issuer,
                    "there is a feed between instances and nothing to feed it: name `logout_audiences` or a `security_event_audience`, or ask again about tokens in use by `recheck_every`"
                );
            }
        }
        let watches_realm = self.is_realm && (self.is_fed() || !self.not_before_clients.is_empty());
        let unset = watches_realm.then_some(Self::NOT_BEFORE_PERIOD);
        let Some(period) = self.not_before_period.or(unset) else {
            return Ok(None);
        };
        let (sink, bell) = (revocations.sink(), revocations.bell().clone());
        let poll = Arc::new(CutOffPoll::new(discovery.clone(), sink, period, bell));
        revocations.telemetry().polls_cut_off();
        let task = poll.clone();
        revocations.add_task(move || task.clone().run());
        Ok(Some(poll))
    }

    pub(super) fn not_before_receiver(&self, parts: &Parts) -> Option<NotBeforeReceiver> {
        let clients = self.not_before_clients.clone();
        let poll = parts.cut_off_poll.clone().filter(|_| !clients.is_empty())?;
        let rules = MessageRules {
            clients,
            leeway: self.leeway,
        };
        let (signatory, clock) = (parts.signatory(), self.clock.clone());
        let revocations = parts.revocations.clone();
        Some(NotBeforeReceiver::new(
            rules,
            signatory,
            revocations,
            poll,
            clock,
        ))
    }

    pub(super) fn logout_receiver(
        &self,
        parts: &Parts,
        in_flight: Option<Arc<InFlight>>,
    ) -> Option<LogoutReceiver> {
        let mut audiences = self.revocation.covered.clone();
        if audiences.is_empty() {
            return None;
        }
        if let Some(Ok(canary)) = &self.canary {
            audiences.push(canary.client_id().to_owned());
        }
        let rules = LogoutRules {
            issuer: self.issuer.clone(),
            audiences,
            leeway: self.leeway,
            takes_old_form: self.takes_old_logout_tokens,
        };
        Some(LogoutReceiver::new(
            rules,
            parts.signatory(),
            parts.revocations.clone(),
            in_flight,
            self.clock.clone(),
        ))
    }
}

impl Parts {
    fn signatory(&self) -> Signatory {
        Signatory {
            keys: self.keys.clone(),
            algorithms: self.algorithms.clone(),
            text: SignedText::Notice,
        }
    }
}
