//! The documents that an issuer has published, and who fetches the next one.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tracing::Span;

use super::{Discovery, Metadata, PublishedEndpoint};
use crate::http_client::{Began, FetchError, Fetcher, Outcome, SingleFlight};

/// An issuer's metadata, and when the fetch that brought it began.
#[derive(Debug)]
pub(crate) struct Retrieved {
    pub(super) metadata: Metadata,
    pub(super) began: Began,
}

/// The last good document. Nothing holds the lock while it waits.
#[derive(Debug)]
pub(crate) struct KnownMetadata {
    state: Mutex<Known>,
}

#[derive(Debug)]
pub(super) struct Known {
    pub(super) single_flight: SingleFlight<Arc<Retrieved>>,
    pub(super) last_good: Option<Arc<Retrieved>>,
    /// When the last fetch began that nobody needed at once.
    looked_again: Option<Instant>,
    /// The failure that was logged last, and whether there was a good document all the same.
    reported: Option<(FetchError, bool)>,
}

impl KnownMetadata {
    /// For fetches that end by themselves within `deadline`.
    pub(crate) fn new(deadline: Duration) -> Self {
        let (single_flight, last_good) = (SingleFlight::new(deadline), None);
        Self {
            state: Mutex::new(Known {
                single_flight,
                last_good,
                looked_again: None,
                reported: None,
            }),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, Known> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Fetcher for Discovery {
    type Document = Arc<Retrieved>;

    async fn fetch(&self, began: Began) -> Outcome<Arc<Retrieved>> {
        let metadata = self.discover().await?;
        Ok(Arc::new(Retrieved { metadata, began }))
    }

    fn span(&self) -> Span {
        self.telemetry.discovery_span()
    }

    /// A document never takes the place of one whose fetch began later. A failure leaves the last
    /// good one where it is, unless somebody else's document stands there now.
    fn landed(&self, began: Began, outcome: Option<&Outcome<Arc<Retrieved>>>) {
        let now = self.clock.monotonic();
        let mut state = self.known.state();
        let last = state.last_good.as_ref();
        if last.is_none_or(|last| last.began.number < began.number) {
            match outcome {
                Some(Ok(retrieved)) => {
                    if let Some(last) = last {
                        retrieved.metadata.continue_reports_of(&last.metadata);
                    }
                    state.last_good = Some(retrieved.clone());
                }
                Some(Err(FetchError::OtherIssuer { .. })) => state.last_good = None,
                Some(Err(_)) | None => {}
            }
        }
        state.single_flight.land(began, outcome, now);
        let goes_on = state.last_good.is_some();
        let failure = match outcome {
            Some(Ok(_)) => None,
            Some(Err(error)) => Some((error.clone(), goes_on)),
            None => return,
        };
        let is_news = state.reported != failure;
        state.reported.clone_from(&failure);
        drop(state);
        if let Some((error, goes_on)) = failure.filter(|_| is_news) {
            self.report(&error, goes_on);
        }
    }
}

impl Discovery {
    /// How often the document is looked for where no request needs it: whoever asks whether we are ready
    /// does not decide how often the issuer is asked.
    const LEISURE: Duration = Duration::from_secs(30);

    /// Whether the document that was found last is that of another issuer.
    pub(crate) fn has_found_other_issuer(&self) -> bool {
        let state = self.known.state();
        let failure = state.single_flight.last_failure();
        matches!(failure, Some(FetchError::OtherIssuer { .. }))
    }

    /// Fetches the document again in the background, unless that is under way or has just failed.
    pub(crate) fn look_again(self: &Arc<Self>) {
        let departure = self.known.state().single_flight.board(&*self.clock);
        if let Ok(departure) = departure {
            departure.launch(self);
        }
    }

    /// Whether the document that is here has an endpoint. If it is due, the next one is fetched in the
    /// background, unless one was for the same reason just now.
    pub(super) fn knows(self: &Arc<Self>, endpoint: fn(&Metadata) -> &PublishedEndpoint) -> bool {
        let mut state = self.known.state();
        let last = state.last_good.as_ref();
        let last = last.filter(|last| self.age(last) < Self::MAX_STALE);
        let is_known = last.is_some_and(|last| endpoint(&last.metadata).is_usable());
        let is_due =
            last.is_none_or(|last| self.age(last) >= Self::lifetime(endpoint(&last.metadata)));
        let now = self.clock.monotonic();
        let looked = state.looked_again;
        let has_rested =
            looked.is_none_or(|when| now.saturating_duration_since(when) >= Self::LEISURE);
        if is_due
            && has_rested
            && let Ok(departure) = state.single_flight.board(&*self.clock)
        {
            if departure.is_new() {
                state.looked_again = Some(now);
            }
            drop(state);
            departure.launch(self);
        }
        is_known
    }

    fn report(&self, error: &FetchError, goes_on: bool) {
        let issuer = &self.issuer;
        if goes_on {
            tracing::warn!(
                target: "portcullis::discovery",
                %issuer,
                "the last good document is used for now: {error}"
            );
        } else {
            tracing::error!(target: "portcullis::discovery", %issuer, "{error}");
        }
    }
}
