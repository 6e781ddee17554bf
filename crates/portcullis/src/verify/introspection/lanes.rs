use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{Reason, Rejection};

/// How many calls may be under way: so many for tokens that may be inventions, and as many again
/// for genuine ones, so that those never wait behind strangers.
#[derive(Debug)]
pub(super) struct Lanes {
    strangers: Semaphore,
    genuine: Semaphore,
    /// How many strangers may be under way or wait for it.
    queue: Semaphore,
}

/// A place on the road; given back when dropped.
pub(super) struct Place<'a> {
    _call: SemaphorePermit<'a>,
    _queued: Option<SemaphorePermit<'a>>,
}

impl Lanes {
    /// How many strangers may wait.
    const QUEUE: usize = 1024;

    pub(super) fn new(calls: usize) -> Self {
        let calls = calls.min(Semaphore::MAX_PERMITS - Self::QUEUE);
        Self {
            strangers: Semaphore::new(calls),
            genuine: Semaphore::new(calls),
            queue: Semaphore::new(calls + Self::QUEUE),
        }
    }

    /// Waits for a place for a token that is no invention.
    pub(super) async fn enter_genuine(&self) -> Result<Place<'_>, Rejection> {
        Ok(Place {
            _call: self.genuine.acquire().await.map_err(|_| busy())?,
            _queued: None,
        })
    }

    /// Waits for a place for a token that may be one; too many of them are refused at once.
    pub(super) async fn enter_stranger(&self) -> Result<Place<'_>, Rejection> {
        let queued = self.queue.try_acquire().map_err(|_| busy())?;
        Ok(Place {
            _call: self.strangers.acquire().await.map_err(|_| busy())?,
            _queued: Some(queued),
        })
    }
}

fn busy() -> Rejection {
    Rejection::because(
        Reason::IssuerBusy,
        "too many tokens that were never seen active wait to be introspected",
    )
}
