use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing::{Span, field::Empty};

use super::{document::ListRules, list::StatusList};
use crate::{
    Reason, Rejection,
    http_client::{Began, FetchError, Fetcher, Flight, Outcome, ServerUrl, SingleFlight},
};

/// One status list, fetched when it is needed, by one fetch at a time. Who needs the list that is here
/// waits for nobody.
#[derive(Debug)]
pub(super) struct ListSource {
    /// As tokens name it.
    uri: Box<str>,
    /// As it is reached from here.
    here: ServerUrl,
    rules: Arc<ListRules>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    single_flight: SingleFlight<Arc<StatusList>>,
    current: Option<Arc<StatusList>>,
}

/// A list that is on its way. Who waits for it may go away and harms nobody.
#[derive(Debug, Clone)]
pub(crate) struct StatusFetch {
    flight: Flight<Arc<StatusList>>,
}

impl StatusFetch {
    /// Returns when the list is here.
    pub(crate) async fn landed(self) -> Result<(), Rejection> {
        let landed = self.flight.landed().await;
        landed.map(drop).map_err(|error| unavailable(&error))
    }
}

impl ListSource {
    pub(super) fn new(uri: &str, here: ServerUrl, rules: Arc<ListRules>) -> Self {
        let single_flight = SingleFlight::new(rules.discovery.deadline);
        Self {
            uri: uri.into(),
            here,
            rules,
            state: Mutex::new(State {
                single_flight,
                current: None,
            }),
        }
    }

    /// The verdict on the token at this place; where the list has to be fetched first, that. Late in
    /// its life a list is fetched again in the background.
    pub(super) fn look_up(self: &Arc<Self>, index: u64) -> Result<Option<StatusFetch>, Rejection> {
        let clock = &*self.rules.discovery.clock;
        let (monotonic, now) = (clock.monotonic(), clock.now());
        let (current, departure) = {
            let mut state = self.state();
            let current = state.current.clone();
            let current = current.filter(|list| list.is_good(monotonic, now));
            let is_wanted = match &current {
                Some(list) => list.is_due(monotonic) && state.single_flight.may_begin(clock),
                None => true,
            };
            (current, is_wanted.then(|| state.single_flight.board(clock)))
        };
        let flight = departure.map(|departure| departure.map(|departure| departure.launch(self)));
        match (current, flight) {
            (Some(list), _) => list.judge(index).map(|()| None),
            (None, Some(Ok(flight))) => Ok(Some(StatusFetch { flight })),
            (None, Some(Err(error))) => Err(unavailable(&error)),
            (None, None) => Err(unavailable(&FetchError::Aborted)),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Fetcher for ListSource {
    type Document = Arc<StatusList>;

    async fn fetch(&self, began: Began) -> Outcome<Arc<StatusList>> {
        let list = self.rules.fetch(&self.uri, &self.here, began).await?;
        let is_older = |current: &Arc<StatusList>| list.iat < current.iat;
        if self.state().current.as_ref().is_some_and(is_older) {
            return Err(FetchError::Malformed {
                url: self.here.to_string(),
                problem: "it was issued before the list that was here already".to_owned(),
            });
        }
        Ok(Arc::new(list))
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

    /// A list never takes the place of one that is newer: what was revoked would be good again. That
    /// one stays when it is over, to be compared with. A failure takes the place of none.
    fn landed(&self, began: Began, outcome: Option<&Outcome<Arc<StatusList>>>) {
        if let Some(Err(error)) = outcome {
            tracing::warn!(
                target: "portcullis::revocation",
                issuer = %self.rules.discovery.issuer,
                "a status list could not be fetched: {error}"
            );
        }
        let now = self.rules.discovery.clock.monotonic();
        let mut state = self.state();
        if let Some(Ok(list)) = outcome {
            let current = state.current.as_ref();
            if current.is_none_or(|current| list.is_newer_than(current)) {
                state.current = Some(list.clone());
            }
        }
        state.single_flight.land(began, outcome, now);
    }
}

fn unavailable(error: &FetchError) -> Rejection {
    Rejection::because(
        Reason::StatusUnavailable,
        format!("the list that the token's status stands in could not be had: {error}"),
    )
}
