use std::time::{Duration, Instant};

use super::list::{Judged, StatusList};
use crate::{
    Clock, Reason, Rejection, Timestamp,
    http_client::{Began, Departure, FetchError, Outcome, SingleFlight},
};

/// What is here of a list: at most the list itself.
#[derive(Debug)]
pub(super) struct Kept {
    single_flight: SingleFlight<()>,
    current: Option<StatusList>,
    /// When the newest list was issued that was ever here.
    newest: Option<Timestamp>,
    /// When the last fetch began that brought a list.
    fetched: Option<Instant>,
}

/// What becomes of a token that was looked up.
pub(super) enum Next {
    /// It is judged; a fetch may begin in the background.
    Verdict(Result<(), Rejection>, Option<Departure<()>>),
    /// It has to wait for a list.
    Wait(Departure<()>),
}

impl Kept {
    /// How long a list that was fetched stands before it is fetched again, whoever needs a newer one.
    const DISTANCE: Duration = Duration::from_secs(5);

    pub(super) fn new(deadline: Duration) -> Self {
        Self {
            single_flight: SingleFlight::new(deadline),
            current: None,
            newest: None,
            fetched: None,
        }
    }

    /// What becomes of the token at this place, which was issued then.
    pub(super) fn look_up(
        &mut self,
        index: u64,
        issued: Option<Timestamp>,
        clock: &dyn Clock,
    ) -> Next {
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
    pub(super) fn is_idle(&self, clock: &dyn Clock) -> bool {
        self.single_flight.may_begin(clock) && self.rest(clock).is_zero()
    }

    /// How many bytes of a list are here.
    pub(super) fn bytes(&self) -> usize {
        let current = self.current.as_ref();
        current.map_or(0, |list| list.statuses.length())
    }

    /// Forgets the list, and not when it was issued; how many bytes that frees.
    pub(super) fn drop_list(&mut self) -> usize {
        let freed = self.bytes();
        self.current = None;
        freed
    }

    /// Whether a newer list than this was here before.
    pub(super) fn has_had_newer_than(&self, list: &StatusList) -> bool {
        self.newest.is_some_and(|newest| list.iat < newest)
    }

    /// Takes a list over, unless a newer one is or was here.
    pub(super) fn take_over(&mut self, list: StatusList) {
        let current = self.current.as_ref();
        if !self.has_had_newer_than(&list)
            && current.is_none_or(|current| list.is_newer_than(current))
        {
            self.newest = Some(list.iat);
            self.current = Some(list);
        }
    }

    /// Remembers that a fetch has brought a list, whether or not it will be kept.
    pub(super) fn note_fetch(&mut self, began: Began) {
        self.fetched = Some(began.monotonic);
    }

    /// Makes room for the next fetch.
    pub(super) fn land(&mut self, began: Began, outcome: Option<&Outcome<()>>, now: Instant) {
        self.single_flight.land(began, outcome, now);
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

/// The list that is here tells nothing of the token, and was fetched just now.
fn too_early(rest: Duration) -> Rejection {
    Rejection::because(
        Reason::StatusUnavailable,
        "the list that the token's status stands in is over, or older than the token and does not say that it is valid; it was fetched a moment ago",
    )
    .with_retry_after(rest)
}

pub(super) fn unavailable(error: &FetchError) -> Rejection {
    Rejection::because(
        Reason::StatusUnavailable,
        format!("the list that the token's status stands in could not be had: {error}"),
    )
}
