use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

use tracing::{Span, field::Empty};

use super::{
    document::ListRules,
    list::{Judged, StatusList},
    shelf::Shelf,
};
use crate::{
    Clock, Reason, Rejection, Timestamp,
    http_client::{
        Began, Departure, FetchError, Fetcher, Flight, Outcome, ServerUrl, SingleFlight,
    },
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
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    single_flight: SingleFlight<()>,
    current: Option<StatusList>,
    /// When the newest list was issued that was ever here.
    newest: Option<Timestamp>,
    /// When the last fetch began that brought a list, whether or not that was kept.
    fetched: Option<Instant>,
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
        let single_flight = SingleFlight::new(rules.discovery.deadline);
        Self {
            uri: uri.into(),
            here,
            rules,
            shelf: Arc::downgrade(shelf),
            state: Mutex::new(State {
                single_flight,
                current: None,
                newest: None,
                fetched: None,
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
        let next = self.state().look_up(index, issued, self.clock());
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
        self.state().is_idle(self.clock())
    }

    /// How many bytes of a list are here.
    pub(super) fn bytes(&self) -> usize {
        let state = self.state();
        let current = state.current.as_ref();
        current.map_or(0, |list| list.statuses.length())
    }

    /// Forgets the list, and not when it was issued; how many bytes that frees.
    pub(super) fn drop_list(&self) -> usize {
        let dropped = self.state().current.take();
        dropped.map_or(0, |list| list.statuses.length())
    }

    /// Whether a newer list than this was here before.
    pub(super) fn has_had_newer_than(&self, list: &StatusList) -> bool {
        self.state().newest.is_some_and(|newest| list.iat < newest)
    }

    /// Takes a list over, unless a newer one is or was here.
    pub(super) fn take_over(&self, list: StatusList) {
        let mut state = self.state();
        let is_newest = state.newest <= Some(list.iat);
        let current = state.current.as_ref();
        if is_newest && current.is_none_or(|current| list.is_newer_than(current)) {
            state.newest = Some(list.iat);
            state.current = Some(list);
        }
    }

    fn clock(&self) -> &dyn Clock {
        &*self.rules.discovery.clock
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What becomes of a token that was looked up.
enum Next {
    /// It is judged; a fetch may begin in the background.
    Verdict(Result<(), Rejection>, Option<Departure<()>>),
    /// It has to wait for a list.
    Wait(Departure<()>),
}

impl State {
    /// How long a list that was fetched stands before it is fetched again, whoever needs a newer one.
    const DISTANCE: Duration = Duration::from_secs(5);

    fn look_up(&mut self, index: u64, issued: Option<Timestamp>, clock: &dyn Clock) -> Next {
        let (monotonic, now) = (clock.monotonic(), clock.now());
        let list = self.current.as_ref();
        let list = list.filter(|list| list.is_good(monotonic, now));
        let is_due = list.is_some_and(|list| list.is_due(monotonic));
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
    fn board(&mut self, clock: &dyn Clock) -> Result<Departure<()>, Rejection> {
        let rest = self.rest(clock);
        if !rest.is_zero() && self.single_flight.running().is_none() {
            return Err(match self.single_flight.last_failure() {
                Some(error) => unavailable(error).with_retry_after(rest),
                None => too_early(rest),
            });
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
        let age = self
            .fetched
            .map(|began| now.saturating_duration_since(began));
        age.map_or(Duration::ZERO, |age| Self::DISTANCE.saturating_sub(age))
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
        if self.has_had_newer_than(&list) {
            return Err(malformed(
                "it was issued before a list that was here already",
            ));
        }
        self.state().fetched = Some(began.monotonic);
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
        self.state().single_flight.land(began, outcome, now);
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
