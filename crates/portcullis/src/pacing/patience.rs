use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use tokio::time::Instant;

/// One deadline for a place and for the call that is made with it in hand.
#[derive(Debug)]
pub(crate) struct Patience {
    deadline: Duration,
    began: Instant,
    calls_in_time: AtomicBool,
}

/// What the deadline has cut short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overdue {
    /// Waiting for a place; or a call that began so late that it says nothing of whoever is called.
    Place,
    /// A call that had most of the time.
    Call,
}

impl Patience {
    /// Begins to wait for a place.
    pub(crate) fn new(deadline: Duration) -> Self {
        Self {
            deadline,
            began: Instant::now(),
            calls_in_time: AtomicBool::new(false),
        }
    }

    /// The place is there: the call begins.
    pub(crate) fn has_place(&self) {
        let is_in_time = self.began.elapsed() <= self.deadline / 3;
        self.calls_in_time.store(is_in_time, Ordering::Relaxed);
    }

    /// What was cut short, now that the deadline has passed.
    pub(crate) fn overdue(&self) -> Overdue {
        if self.calls_in_time.load(Ordering::Relaxed) {
            Overdue::Call
        } else {
            Overdue::Place
        }
    }
}
