use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use http::StatusCode;
use serde_json::Value;
use tokio::{task::JoinSet, time::Instant};

use super::{
    SecurityEventError, SecurityEventIntake, SecurityEventReceipt,
    exchange::{Acknowledgements, Batch, Manner, PollEndpoint, PollError},
    rules::Refusal,
};
use crate::{
    discovery::Discovery,
    revocation::{RevocationSet, RevocationSink},
};

/// Polls for security events (RFC 8936), one poll after another: the transmitter may wait with its
/// answer until there is one.
#[derive(Debug)]
pub(crate) struct SecurityEventPoll {
    intake: Arc<SecurityEventIntake>,
    endpoint: Arc<PollEndpoint>,
    discovery: Arc<Discovery>,
    sink: RevocationSink,
    /// How many polls have failed in a row.
    failures: AtomicU32,
}

/// What the next poll depends on.
struct Round {
    acknowledgements: Acknowledgements,
    manner: Manner,
    /// For what events were refused that the operator has heard of.
    told: Vec<SecurityEventError>,
}

impl SecurityEventPoll {
    /// How many polls in a row may fail before that is worth a word.
    const TOLERATED: u32 = 2;
    /// How long it is between two polls of a transmitter that waits for no event.
    const PERIOD: Duration = Duration::from_secs(1);
    /// How long whoever cannot answer, or sends what cannot be judged yet, is left alone.
    const RESPITE: Duration = Duration::from_secs(5);
    /// Whatever comes, the transmitter is asked no more often.
    const LEAST_PAUSE: Duration = Duration::from_millis(100);

    pub(crate) fn new(
        intake: Arc<SecurityEventIntake>,
        endpoint: PollEndpoint,
        discovery: Arc<Discovery>,
        sink: RevocationSink,
    ) -> Self {
        Self {
            intake,
            endpoint: Arc::new(endpoint),
            discovery,
            sink,
            failures: AtomicU32::new(0),
        }
    }

    /// Polls for as long as somebody wants to know.
    pub(crate) async fn run(self: Arc<Self>) {
        // The first is short: it brings what has been waiting, and shows whether anybody is there.
        let mut round = Round {
            acknowledgements: Acknowledgements::default(),
            manner: Manner::Short,
            told: Vec::new(),
        };
        while self.sink.is_wanted() {
            let began = Instant::now();
            let pause = self.poll(&mut round).await;
            tokio::time::sleep_until(began + pause).await;
        }
    }

    /// Whether events could not be polled for for a while.
    pub(crate) fn is_failing(&self) -> bool {
        self.failures.load(Ordering::SeqCst) > Self::TOLERATED
    }

    /// Polls once. Returns how long after its beginning the next poll is due.
    async fn poll(&self, round: &mut Round) -> Duration {
        match self.ask(round).await {
            Ok(batch) => {
                self.failures.store(0, Ordering::SeqCst);
                self.take(batch, round).await
            }
            Err(error) => {
                // Where it may have waited for an event too long, this tells whether it is there.
                round.manner = Manner::Short;
                if matches!(error, PollError::Refused(StatusCode::BAD_REQUEST)) {
                    // It may be what was acknowledged that is not understood; all of it comes again.
                    round.acknowledgements = Acknowledgements::default();
                }
                let failures = self.failures.fetch_add(1, Ordering::SeqCst) + 1;
                if failures == Self::TOLERATED + 1 {
                    let issuer = &self.discovery.issuer;
                    tracing::warn!(target: "portcullis::revocation", %issuer, "security events cannot be polled for: {error}");
                }
                Self::RESPITE
            }
        }
    }

    /// In a task of its own, since what an application has brought may panic.
    async fn ask(&self, round: &Round) -> Result<Batch, PollError> {
        let mut task = JoinSet::new();
        let (endpoint, discovery) = (self.endpoint.clone(), self.discovery.clone());
        let (manner, acknowledgements) = (round.manner, round.acknowledgements.clone());
        task.spawn(async move {
            let http = &*discovery.http;
            let deadline = discovery.deadline;
            endpoint
                .poll(http, manner, &acknowledgements, deadline)
                .await
        });
        match task.join_next().await {
            Some(Ok(answer)) => answer,
            Some(Err(_)) | None => Err(PollError::Panicked),
        }
    }

    /// Takes what has come; it is acknowledged by the next poll.
    async fn take(&self, batch: Batch, round: &mut Round) -> Duration {
        let Some(revocations) = self.sink.set() else {
            return Duration::ZERO;
        };
        let was_long = round.manner == Manner::Long;
        round.acknowledgements = Acknowledgements::default();
        let mut has_pending = false;
        for (jti, set) in batch.sets {
            match self.receive(&jti, &set, has_pending, &revocations).await {
                SecurityEventReceipt::Taken => round.acknowledgements.take(jti),
                SecurityEventReceipt::Refused(error) => {
                    self.tell_of(error, round);
                    round.acknowledgements.refuse(jti, error);
                }
                // It comes again as long as nobody says anything of it.
                _ => has_pending = true,
            }
        }
        let has_answers = !round.acknowledgements.is_empty();
        round.manner = if has_answers || has_pending {
            Manner::Short
        } else {
            Manner::Long
        };
        match round.manner {
            _ if has_pending => Self::RESPITE,
            Manner::Long if was_long => Self::PERIOD,
            Manner::Long | Manner::Short => Self::LEAST_PAUSE,
        }
    }

    /// Nobody but the transmitter has brought the event, and it will not bring it again: something is
    /// wrong on one side or the other.
    fn tell_of(&self, error: SecurityEventError, round: &mut Round) {
        if round.told.contains(&error) {
            return;
        }
        round.told.push(error);
        tracing::warn!(
            target: "portcullis::revocation",
            issuer = %self.discovery.issuer,
            "security events that were polled for are refused with `{}`, and do not come again: compare issuer, keys and `security_event_audience` with those of the stream",
            error.code()
        );
    }

    /// Once an event has waited for keys in vain, those behind it are judged by the keys that are here.
    async fn receive(
        &self,
        jti: &str,
        set: &Value,
        has_pending: bool,
        revocations: &RevocationSet,
    ) -> SecurityEventReceipt {
        let malformed = |problem| Refusal::new(SecurityEventError::InvalidRequest, problem);
        let intake = &*self.intake;
        let text = set.as_str().ok_or_else(|| malformed("it is no text"));
        let text = text.and_then(|text| {
            let is_short = text.len() <= SecurityEventIntake::MAX_LENGTH;
            is_short
                .then_some(text)
                .ok_or_else(|| malformed("it is too long"))
        });
        match text.and_then(|text| intake.read(text)) {
            Ok(event) if event.jti() != jti => {
                let refusal = malformed("it comes under another name than its `jti`");
                intake.refuse(&refusal, revocations)
            }
            Ok(event) if has_pending && !intake.can_tell(&event) => {
                intake.postpone("they could not be had a moment ago", revocations)
            }
            // Telling the others goes on in the background: there may be a hundred behind this one.
            Ok(event) => intake.settle(event, revocations, Duration::ZERO).await,
            Err(refusal) => intake.refuse(&refusal, revocations),
        }
    }
}
