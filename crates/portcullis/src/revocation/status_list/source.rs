use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tracing::{Span, field::Empty};

use super::{
    document::ListRules,
    kept::{Kept, Next, unavailable},
    shelf::Shelf,
};
use crate::{
    Clock, Rejection, Timestamp,
    http_client::{Began, FetchError, Fetcher, Flight, Outcome, ServerUrl},
    telemetry::StatusFetchOutcome,
};

/// One status list, fetched when it is needed, by one fetch at a time. Who needs the list that is here
/// waits for nobody.
#[derive(Debug)]
pub(super) struct ListSource {
    /// As tokens name it.
    pub(super) uri: Box<str>,
    /// As it is reached from here.
    here: ServerUrl,
    rules: Arc<ListRules>,
    /// Where there has to be room for it.
    shelf: Weak<Shelf>,
    kept: Mutex<Kept>,
}

/// A list that is on its way. Who waits for it may go away and harms nobody.
#[derive(Debug, Clone)]
pub(crate) struct StatusFetch {
    flight: Flight<()>,
}

impl StatusFetch {
    /// Returns when the list is here.
    pub(crate) async fn landed(self) -> Result<(), Rejection> {
        let landed = self.flight.landed().await;
        landed.map_err(|error| unavailable(&error))
    }
}

impl ListSource {
    pub(super) fn new(
        uri: &str,
        here: ServerUrl,
        rules: Arc<ListRules>,
        shelf: &Arc<Shelf>,
    ) -> Self {
        let deadline = rules.discovery.deadline;
        Self {
            uri: uri.into(),
            here,
            rules,
            shelf: Arc::downgrade(shelf),
            kept: Mutex::new(Kept::new(deadline)),
        }
    }

    /// What is here of the list.
    pub(super) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The verdict on the token at this place, which was issued then; where the list has to be fetched
    /// first, that. Late in its life a list is fetched again in the background.
    pub(super) fn look_up(
        self: &Arc<Self>,
        index: u64,
        issued: Option<Timestamp>,
    ) -> Result<Option<StatusFetch>, Rejection> {
        let next = self.kept().look_up(index, issued, self.clock());
        match next {
            Next::Verdict(verdict, departure) => {
                if let Some(departure) = departure {
                    departure.launch(self);
                }
                verdict.map(|()| None)
            }
            Next::Wait(departure) => Ok(Some(StatusFetch {
                flight: departure.launch(self),
            })),
        }
    }

    /// Whether nothing is lost when it is forgotten but a list that was not needed for long.
    pub(super) fn is_idle(&self) -> bool {
        self.kept().is_idle(self.clock())
    }

    fn clock(&self) -> &dyn Clock {
        &*self.rules.discovery.clock
    }
}

impl Fetcher for ListSource {
    type Document = ();

    /// Fetches the list and keeps it, if there is room. It takes no place of one that is newer: what was
    /// revoked would be good again.
    async fn fetch(&self, began: Began) -> Outcome<()> {
        let list = self.rules.fetch(&self.uri, &self.here, began).await?;
        let malformed = |problem: &str| FetchError::Malformed {
            url: self.here.to_string(),
            problem: problem.to_owned(),
        };
        if self.kept().has_had_newer_than(&list) {
            return Err(malformed(
                "it was issued before a list that was here already",
            ));
        }
        self.kept().note_fetch(began);
        let shelf = self.shelf.upgrade().ok_or(FetchError::Aborted)?;
        shelf
            .keep(self, list)
            .map_err(|problem| malformed(&problem.to_string()))
    }

    fn span(&self) -> Span {
        let issuer = &*self.rules.discovery.issuer;
        tracing::debug_span!(
            target: "portcullis::revocation",
            "status_list_fetch",
            issuer,
            outcome = Empty
        )
    }

    fn landed(&self, began: Began, outcome: Option<&Outcome<()>>) {
        let word = match outcome {
            Some(Ok(())) => StatusFetchOutcome::Fetched,
            Some(Err(_)) | None => StatusFetchOutcome::Failed,
        };
        self.rules.telemetry.fetch(word);
        if let Some(Err(error)) = outcome {
            tracing::warn!(
                target: "portcullis::revocation",
                issuer = %self.rules.discovery.issuer,
                "a status list could not be fetched: {error}"
            );
        }
        let now = self.clock().monotonic();
        self.kept().land(began, outcome, now);
    }
}
