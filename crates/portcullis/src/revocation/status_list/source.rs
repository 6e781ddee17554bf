use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tracing::{Span, field::Empty};

use super::{
    document::ListRules,
    list::{Judged, StatusList},
};
use crate::{
    Clock, Reason, Rejection, Timestamp,
    http_client::{
        Began, Departure, FetchError, Fetcher, Flight, Outcome, ServerUrl, SingleFlight,
    },
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

    /// The verdict on the token at this place, which was issued then; where the list has to be fetched
    /// first, that. Late in its life a list is fetched again in the background.
    pub(super) fn look_up(
        self: &Arc<Self>,
        index: u64,
        issued: Option<Timestamp>,
    ) -> Result<Option<StatusFetch>, Rejection> {
        let clock = &*self.rules.discovery.clock;
        let next = self.state().look_up(index, issued, clock);
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
    pub(super) fn is_idle(&self, clock: &dyn Clock) -> bool {
        self.state().is_idle(clock)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What becomes of a token that was looked up.
enum Next {
    /// It is judged; a fetch may begin in the background.
    Verdict(Result<(), Rejection>, Option<Departure<Arc<StatusList>>>),
    /// It has to wait for a list.
    Wait(Departure<Arc<StatusList>>),
}

impl State {
    /// How long a list that was fetched stands before it is fetched again, whoever needs a newer one.
    const DISTANCE: Duration = Duration::from_secs(5);

    fn look_up(&mut self, index: u64, issued: Option<Timestamp>, clock: &dyn Clock) -> Next {
        let (monotonic, now) = (clock.monotonic(), clock.now());
        let list = self.current.clone();
        let list = list.filter(|list| list.is_good(monotonic, now));
        let is_due = list.as_ref().is_some_and(|list| list.is_due(monotonic));
        let judged = list.map_or(Judged::TooNew, |list| list.judge(index, issued));
        let verdict = match judged {
            Judged::Valid => Ok(()),
            Judged::Refused(rejection) => Err(rejection),
            Judged::TooNew => {
                return match self.board(clock) {
                    Ok(departure) => Next::Wait(departure),
                    Err(rejection) => Next::Verdict(Err(rejection), None),
                };
            }
        };
        let departure = (is_due && self.is_idle(clock)).then(|| self.single_flight.board(clock));
        Next::Verdict(verdict, departure.and_then(Result::ok))
    }

    /// The fetch that is under way, or a new one, if it may begin.
    fn board(&mut self, clock: &dyn Clock) -> Result<Departure<Arc<StatusList>>, Rejection> {
        let rest = self.rest(clock);
        if !rest.is_zero() && self.single_flight.running().is_none() {
            return Err(too_early(rest));
        }
        let departure = self.single_flight.board(clock);
        departure.map_err(|error| unavailable(&error))
    }

    /// Whether nothing is under way, and nothing was fetched or has failed just now.
    fn is_idle(&self, clock: &dyn Clock) -> bool {
        self.single_flight.may_begin(clock) && self.rest(clock).is_zero()
    }

    /// How much of the distance to the last fetch is left.
    fn rest(&self, clock: &dyn Clock) -> Duration {
        let now = clock.monotonic();
        let age = self.current.as_ref().map(|list| list.age(now));
        age.map_or(Duration::ZERO, |age| Self::DISTANCE.saturating_sub(age))
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

/// The list that is here tells nothing of the token, and was fetched just now.
fn too_early(rest: Duration) -> Rejection {
    Rejection::because(
        Reason::StatusUnavailable,
        "the list that the token's status stands in is over, or older than the token and does not say that it is valid; it was fetched a moment ago",
    )
    .with_retry_after(rest)
}

fn unavailable(error: &FetchError) -> Rejection {
    Rejection::because(
        Reason::StatusUnavailable,
        format!("the list that the token's status stands in could not be had: {error}"),
    )
}
