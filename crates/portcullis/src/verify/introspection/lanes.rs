use tokio::sync::{Semaphore, SemaphorePermit};

use crate::Rejection;

/// How many calls may be under way: so many for tokens that were never seen active, and as many
/// again for all others, so that those never wait behind strangers.
#[derive(Debug)]
pub(super) struct Lanes {
    strangers: Semaphore,
    known: Semaphore,
}

/// What is known of a token before the server is asked about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    /// Nothing: anybody could have made it up.
    Strangers,
    /// Its signature is good, or the server has called it active before.
    Known,
}

impl Lanes {
    pub(super) fn new(calls: usize) -> Self {
        Self {
            strangers: Semaphore::new(calls),
            known: Semaphore::new(calls),
        }
    }

    /// Waits for a place in the lane.
    pub(super) async fn enter(&self, lane: Lane) -> Result<SemaphorePermit<'_>, Rejection> {
        let places = match lane {
            Lane::Strangers => &self.strangers,
            Lane::Known => &self.known,
        };
        places
            .acquire()
            .await
            .map_err(|_| Rejection::because(crate::Reason::Internal, "the lane of calls is closed"))
    }
}
