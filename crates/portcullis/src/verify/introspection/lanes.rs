use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{Reason, Rejection};

/// How many calls may be under way: so many for tokens that may be inventions, and as many again
/// for genuine ones, so that those never wait behind strangers.
#[derive(Debug)]
pub(super) struct Lanes {
    strangers: Semaphore,
    genuine: Semaphore,
    /// How many strangers may be under way or wait for it.
    strangers_queue: Semaphore,
    /// The same for genuine tokens.
    genuine_queue: Semaphore,
}

/// A place on the road; given back when dropped.
pub(super) struct Place<'a> {
    _call: SemaphorePermit<'a>,
    _queued: SemaphorePermit<'a>,
}

impl Lanes {
    /// How many strangers may wait.
    const STRANGERS: usize = 1024;
    /// How many genuine tokens may wait: more than any honest service has at once, so that
    /// memory is bounded.
    const GENUINE: usize = 16 * 1024;

    pub(super) fn new(calls: usize) -> Self {
        let calls = calls.min(Semaphore::MAX_PERMITS - Self::GENUINE);
        Self {
            strangers: Semaphore::new(calls),
            genuine: Semaphore::new(calls),
            strangers_queue: Semaphore::new(calls + Self::STRANGERS),
            genuine_queue: Semaphore::new(calls + Self::GENUINE),
        }
    }

    /// Waits for a place for a token that is no invention.
    pub(super) async fn enter_genuine(&self) -> Result<Place<'_>, Rejection> {
        Self::enter(&self.genuine, &self.genuine_queue).await
    }

    /// Waits for a place for a token that may be one.
    pub(super) async fn enter_stranger(&self) -> Result<Place<'_>, Rejection> {
        Self::enter(&self.strangers, &self.strangers_queue).await
    }

    /// Waits for a place; where too many wait already, the rest is refused at once.
    async fn enter<'a>(lane: &'a Semaphore, queue: &'a Semaphore) -> Result<Place<'a>, Rejection> {
        let queued = queue.try_acquire().map_err(|_| busy())?;
        Ok(Place {
            _call: lane.acquire().await.map_err(|_| busy())?,
            _queued: queued,
        })
    }
}

pub(super) fn busy() -> Rejection {
    Rejection::because(
        Reason::IssuerBusy,
        "too many tokens wait to be introspected; see `introspection_calls`",
    )
}
