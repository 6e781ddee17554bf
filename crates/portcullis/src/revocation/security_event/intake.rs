use std::{sync::Arc, time::Duration};

use super::{
    SecurityEventError, SecurityEventReceipt, SecurityEventRules,
    rules::{Refusal, SecurityEvent},
    statement::Statement,
};
use crate::{
    Clock, Timestamp,
    jws::Jws,
    revocation::{
        News, RevocationNotice, RevocationSet,
        signatory::{NoticeError, Signatory},
    },
    telemetry::NoticeOutcome,
};

/// Takes the security events of one issuer, by whichever way they come.
#[derive(Debug)]
pub(crate) struct SecurityEventIntake {
    pub(crate) rules: SecurityEventRules,
    pub(crate) signatory: Signatory,
    pub(crate) clock: Arc<dyn Clock>,
}

/// A security event of which everything but the signature was judged.
pub(super) struct UnverifiedEvent<'a> {
    jws: Jws<'a>,
    event: SecurityEvent,
}

impl UnverifiedEvent<'_> {
    /// Its name.
    pub(super) fn jti(&self) -> &str {
        &self.event.jti
    }
}

impl SecurityEventIntake {
    /// How long the text of a security event may be, in bytes.
    pub(super) const MAX_LENGTH: usize = 64 * 1024;
    /// How long whoever has sent an event waits until the other instances are told.
    pub(super) const PATIENCE: Duration = Duration::from_millis(250);

    /// Judges everything that needs no key.
    pub(super) fn read<'a>(&self, text: &'a str) -> Result<UnverifiedEvent<'a>, Refusal> {
        let jws = self.signatory.read(text).map_err(|error| {
            let problem = error.to_string();
            Refusal::new(SecurityEventError::InvalidRequest, problem)
        })?;
        let event = self.rules.judge(&jws, self.clock.now())?;
        Ok(UnverifiedEvent { jws, event })
    }

    /// Whether the keys that are here can tell who has signed it.
    pub(super) fn can_tell(&self, unverified: &UnverifiedEvent<'_>) -> bool {
        self.signatory.can_tell(&unverified.event.query)
    }

    /// Finds out who has signed it, and takes it over if it is the issuer.
    pub(super) async fn settle(
        &self,
        unverified: UnverifiedEvent<'_>,
        revocations: &RevocationSet,
        patience: Duration,
    ) -> SecurityEventReceipt {
        let UnverifiedEvent { jws, event } = unverified;
        match self.signatory.check(&jws, &event.query).await {
            Ok(()) => self.take(event.statement, revocations, patience).await,
            Err(NoticeError::Refused(problem)) => {
                let refusal = Refusal::new(SecurityEventError::InvalidKey, problem);
                self.refuse(&refusal, revocations)
            }
            Err(NoticeError::KeysUnavailable(problem)) => self.postpone(&problem, revocations),
        }
    }

    /// What becomes of an event that cannot be judged: it waits where it comes from.
    pub(super) fn postpone(
        &self,
        problem: &str,
        revocations: &RevocationSet,
    ) -> SecurityEventReceipt {
        revocations.telemetry().notice(NoticeOutcome::Parked);
        tracing::debug!(
            target: "portcullis::revocation",
            issuer = %self.rules.issuer,
            "a security event cannot be judged without the issuer's keys, and has to come again: {problem}"
        );
        SecurityEventReceipt::Pending
    }

    pub(super) fn refuse(
        &self,
        refusal: &Refusal,
        revocations: &RevocationSet,
    ) -> SecurityEventReceipt {
        self.count_refused(&refusal.problem, revocations);
        SecurityEventReceipt::Refused(refusal.error)
    }

    pub(super) fn count_refused(&self, problem: &str, revocations: &RevocationSet) {
        revocations.telemetry().notice(NoticeOutcome::Refused);
        tracing::debug!(
            target: "portcullis::revocation",
            issuer = %self.rules.issuer,
            "a security event is refused: {problem}"
        );
    }

    async fn take(
        &self,
        statement: Statement,
        revocations: &RevocationSet,
        patience: Duration,
    ) -> SecurityEventReceipt {
        let issuer = &self.rules.issuer;
        match &statement {
            Statement::Verification { state } if !self.is_expected(state.as_deref()) => {
                let problem = "its `state` is not the one of `security_event_state`";
                let refusal = Refusal::new(SecurityEventError::InvalidState, problem);
                return self.refuse(&refusal, revocations);
            }
            Statement::StreamStopped => {
                tracing::warn!(target: "portcullis::revocation", %issuer, "the issuer has stopped the stream of security events: see at the issuer why, and have it go on");
            }
            _ => {}
        }
        let news = statement.news();
        if news.is_empty() {
            revocations.telemetry().notice(NoticeOutcome::Ignored);
            tracing::debug!(target: "portcullis::revocation", %issuer, "a security event says nothing of anybody whose tokens can be told");
        } else {
            self.spread(news, revocations, patience).await;
        }
        SecurityEventReceipt::Taken
    }

    /// A transmitter may verify its stream unasked, and says no state then (SSF 1.0 §8.1.4.1).
    fn is_expected(&self, state: Option<&str>) -> bool {
        match (state, &self.rules.state) {
            (Some(state), Some(expected)) => state == expected,
            _ => true,
        }
    }

    /// Takes news over here, then tells it elsewhere.
    ///
    /// Nobody waits for introspections that are under way, as for a logout token: the issuer has ended
    /// the session before it tells by an event, so that none of them brings it back to life.
    async fn spread(&self, news: Vec<News>, revocations: &RevocationSet, patience: Duration) {
        let now = self.clock.now();
        let mut told = Vec::new();
        for news in news {
            let is_past = is_past(&news, now, revocations);
            let notice = RevocationNotice::new(news, now);
            if !is_past && revocations.take(&notice) {
                told.push(revocations.publish(notice));
            }
        }
        revocations.telemetry().notice(if told.is_empty() {
            NoticeOutcome::Repeated
        } else {
            NoticeOutcome::Taken
        });
        let all = async {
            for told in told {
                told.await;
            }
        };
        let is_late = tokio::time::timeout(patience, all).await.is_err();
        if is_late && !patience.is_zero() {
            tracing::warn!(
                target: "portcullis::revocation",
                issuer = %self.rules.issuer,
                "the other instances were not told of a security event within 250 ms; that goes on in the background"
            );
        }
    }
}

/// Whether no token is left that the news is about. What was known of it may be forgotten by then, and
/// an old event that is sent again must not have its subject's new tokens asked about.
fn is_past(news: &News, now: Timestamp, revocations: &RevocationSet) -> bool {
    match news {
        News::Subject { issued, .. }
        | News::SuspectSubject { issued, .. }
        | News::SuspectEmail { issued, .. } => issued.plus(revocations.retention()) <= now,
        _ => false,
    }
}
