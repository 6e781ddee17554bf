//! One fetch of a document at a time: who is under way, and when the next one may begin.

use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::{FetchError, fetch_task::FetchTask};
use crate::{
    Clock, Timestamp,
    concurrency::{Handle, timeout},
};

pub(crate) type Outcome<T> = Result<T, FetchError>;

/// When a fetch began, and its number: what a later one brings is newer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Began {
    pub(crate) number: u64,
    pub(crate) monotonic: Instant,
    pub(crate) wall: Timestamp,
}

/// A fetch that is under way.
#[derive(Debug, Clone)]
pub(crate) struct Flight<T> {
    number: u64,
    /// By the time that passes while nothing runs.
    departed: Instant,
    /// How long it may take. A task that takes longer is stuck on a runtime that does not run.
    bound: Duration,
    outcome: watch::Receiver<Option<Outcome<T>>>,
}

impl<T: Clone> Flight<T> {
    /// What the fetch brought, once it has ended or must be given up.
    pub(crate) async fn landed(mut self) -> Outcome<T> {
        if Handle::try_current().is_err() {
            return Err(FetchError::NoRuntime);
        }
        let left = self.bound.saturating_sub(self.departed.elapsed());
        let landed = self.outcome.wait_for(Option::is_some);
        match timeout(left, landed).await {
            Ok(Ok(outcome)) => outcome.clone().unwrap_or(Err(FetchError::Aborted)),
            Ok(Err(_)) => Err(FetchError::Aborted),
            Err(_) => Err(FetchError::Stuck),
        }
    }

    fn is_stuck(&self) -> bool {
        self.departed.elapsed() >= self.bound
    }
}

/// Who fetches and what came of the last fetch. Its owner keeps it behind a lock, and lets nobody
/// take off before that lock is released.
#[derive(Debug)]
pub(crate) struct SingleFlight<T> {
    deadline: Duration,
    flights: u64,
    running: Option<Flight<T>>,
    failed: Option<(Instant, FetchError)>,
    /// The last fetch that began.
    begun: watch::Sender<Option<Flight<T>>>,
}

impl<T: Clone> SingleFlight<T> {
    /// How long a failure stands before the issuer is asked again.
    pub(crate) const COOL_DOWN: Duration = Duration::from_secs(1);
    /// What a fetch may take over its deadline before it is given up.
    const GRACE: Duration = Duration::from_millis(500);

    /// For fetches that end by themselves within `deadline`.
    pub(crate) fn new(deadline: Duration) -> Self {
        Self {
            deadline,
            flights: 0,
            running: None,
            failed: None,
            begun: watch::Sender::new(None),
        }
    }

    /// The fetch that is under way and not stuck.
    pub(crate) fn running(&self) -> Option<Flight<T>> {
        self.airborne().cloned()
    }

    fn airborne(&self) -> Option<&Flight<T>> {
        let running = self.running.as_ref();
        running.filter(|flight| !flight.is_stuck())
    }

    /// Whether nothing is under way and nothing has just failed: for those who have no use for
    /// either. Copies nothing.
    pub(crate) fn may_begin(&self, clock: &dyn Clock) -> bool {
        self.airborne().is_none() && self.cooling_down(clock).is_none()
    }

    /// The number of the last fetch that began; 0 before the first.
    pub(crate) fn last_number(&self) -> u64 {
        self.flights
    }

    /// Whether the last fetch that ended has failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    /// Why the last fetch that ended has failed, if it has.
    pub(crate) fn last_failure(&self) -> Option<&FetchError> {
        self.failed.as_ref().map(|(_, error)| error)
    }

    /// Told of every fetch that begins from now on.
    pub(crate) fn begun(&self) -> watch::Receiver<Option<Flight<T>>> {
        self.begun.subscribe()
    }

    /// The fetch that is under way, or a new one.
    pub(crate) fn board(&mut self, clock: &dyn Clock) -> Result<Departure<T>, FetchError> {
        if let Some(flight) = self.running() {
            return Ok(Departure {
                flight,
                fetch_task: None,
            });
        }
        let runtime = self.clearance(clock)?;
        Ok(self.start(clock, runtime))
    }

    /// Whether a fetch may begin: where it would run.
    pub(crate) fn clearance(&self, clock: &dyn Clock) -> Result<Handle, FetchError> {
        if let Some(error) = self.cooling_down(clock) {
            return Err(FetchError::CoolingDown(Box::new(error.clone())));
        }
        Handle::try_current().map_err(|_| FetchError::NoRuntime)
    }

    /// What has failed so lately that nobody is asked again yet.
    fn cooling_down(&self, clock: &dyn Clock) -> Option<&FetchError> {
        let (when, error) = self.failed.as_ref()?;
        let passed = clock.monotonic().saturating_duration_since(*when);
        (passed < Self::COOL_DOWN).then_some(error)
    }

    /// A new fetch, whatever is under way.
    pub(crate) fn start(&mut self, clock: &dyn Clock, runtime: Handle) -> Departure<T> {
        self.flights = self.flights.saturating_add(1);
        let (sender, outcome) = watch::channel(None);
        let flight = Flight {
            number: self.flights,
            departed: Instant::now(),
            bound: self.deadline.saturating_add(Self::GRACE),
            outcome,
        };
        self.running = Some(flight.clone());
        self.begun.send_replace(Some(flight.clone()));
        let began = Began {
            number: self.flights,
            monotonic: clock.monotonic(),
            wall: clock.now(),
        };
        let fetch_task = FetchTask {
            began,
            deadline: self.deadline,
            runtime,
            sender,
        };
        Departure {
            flight,
            fetch_task: Some(fetch_task),
        }
    }

    /// Makes room after a fetch that has ended, or was cut off (`None`). One that was given up
    /// before leaves the room to those who came after it.
    pub(crate) fn land(&mut self, began: Began, outcome: Option<&Outcome<T>>, now: Instant) {
        let running = self.running.as_ref();
        if running.is_none_or(|flight| flight.number != began.number) {
            return;
        }
        self.running = None;
        if let Some(outcome) = outcome {
            let error = outcome.as_ref().err();
            self.failed = error.map(|error| (now, error.clone()));
        }
    }
}

/// A place on a fetch, which has yet to take off when it is new.
#[must_use = "a fetch that does not take off keeps the others waiting"]
pub(crate) struct Departure<T> {
    pub(super) flight: Flight<T>,
    pub(super) fetch_task: Option<FetchTask<T>>,
}

impl<T> Departure<T> {
    /// Whether the fetch begins for whoever has joined.
    pub(crate) fn is_new(&self) -> bool {
        self.fetch_task.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemClock;

    #[tokio::test]
    async fn a_flight_that_was_given_up_changes_nothing_for_the_next() {
        let (clock, now) = (SystemClock, Instant::now());
        let mut single_flight = SingleFlight::<()>::new(Duration::ZERO);
        single_flight.land(began(1), Some(&Err(FetchError::Aborted)), now);
        assert!(!single_flight.has_failed());

        let first = single_flight.start(&clock, Handle::current());
        let second = single_flight.start(&clock, Handle::current());
        for outcome in [None, Some(&Ok(())), Some(&Err(FetchError::Aborted))] {
            single_flight.land(began(first.flight.number), outcome, now);
            assert!(!single_flight.has_failed());
            let running = single_flight.running().map(|flight| flight.number);
            assert_eq!(running, Some(second.flight.number));
        }
        let failed = Err(FetchError::Aborted);
        single_flight.land(began(second.flight.number), Some(&failed), now);
        assert!(single_flight.has_failed());
        assert!(single_flight.running().is_none());
    }

    #[tokio::test]
    async fn a_flight_is_stuck_after_its_bound() {
        let mut single_flight = SingleFlight::<()>::new(Duration::ZERO);
        let departure = single_flight.board(&SystemClock).unwrap();
        let landed = departure.flight.clone().landed().await;
        assert_eq!(landed, Err(FetchError::Stuck));
        assert!(single_flight.running().is_none());
        let next = single_flight.board(&SystemClock).unwrap();
        assert!(next.is_new() && next.flight.number > departure.flight.number);
    }

    #[tokio::test]
    async fn another_may_begin_when_none_is_under_way_and_none_has_just_failed() {
        let (clock, now) = (SystemClock, Instant::now());
        let cool_down = SingleFlight::<()>::COOL_DOWN;
        let failed = Err(FetchError::Aborted);
        let mut single_flight = SingleFlight::<()>::new(Duration::from_secs(600));
        for (when, may_begin) in [(now + cool_down, false), (now - cool_down, true)] {
            assert!(single_flight.may_begin(&clock));
            let departure = single_flight.board(&clock).unwrap();
            assert!(!single_flight.may_begin(&clock));
            single_flight.land(began(departure.flight.number), Some(&failed), when);
            assert_eq!(single_flight.may_begin(&clock), may_begin);
            assert_eq!(single_flight.board(&clock).is_ok(), may_begin);
            single_flight = SingleFlight::new(Duration::from_secs(600));
        }
    }

    fn began(number: u64) -> Began {
        Began {
            number,
            monotonic: Instant::now(),
            wall: SystemClock.now(),
        }
    }
}
