//! Gates: requests, and ends of sessions, that wait until the test lets them go.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::{Semaphore, watch};

use crate::lock::Lock;

/// Where a held request waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldPoint {
    /// Before the answer is computed: it will tell the state at the release.
    BeforeAnswer,
    /// After the answer is computed: it tells the state at the arrival, however old by then.
    AfterAnswer,
}

/// Holds the requests to one endpoint, or the ends of sessions behind their notices. Made by
/// [`AuthorizationServer::hold`](crate::AuthorizationServer::hold) and
/// [`hold_session_end`](crate::AuthorizationServer::hold_session_end).
///
/// Dropping the gate releases everything.
#[derive(Debug)]
pub struct Gate {
    barrier: Arc<Barrier>,
}

/// The gates at one place.
#[derive(Debug, Default)]
pub(crate) struct Barriers(Lock<Vec<Arc<Barrier>>>);

#[derive(Debug)]
pub(crate) struct Barrier {
    point: HoldPoint,
    admitting: AtomicBool,
    passes: Semaphore,
    waiting: watch::Sender<usize>,
}

impl Gate {
    /// How many requests are being held. A client that goes away is held no longer.
    #[must_use]
    pub fn waiting(&self) -> usize {
        *self.barrier.waiting.borrow()
    }

    /// Returns once at least `count` requests are being held.
    pub async fn wait_for(&self, count: usize) {
        self.wait_until(|waiting| waiting >= count).await;
    }

    /// Returns once no request is being held: all were released, or their clients went away.
    pub async fn wait_until_empty(&self) {
        self.wait_until(|waiting| waiting == 0).await;
    }

    /// Lets the longest-held request go, or the next one if none is held.
    pub fn release_one(&self) {
        self.barrier.passes.add_permits(1);
    }

    /// Holds those it has and lets later requests pass.
    pub fn admit_no_more(&self) {
        self.barrier.admitting.store(false, Ordering::SeqCst);
    }

    /// Lets everything go, now and from now on.
    pub fn release(&self) {
        self.admit_no_more();
        self.barrier.passes.close();
    }

    async fn wait_until(&self, condition: impl Fn(usize) -> bool) {
        let mut waiting = self.barrier.waiting.subscribe();
        // The sender lives in the barrier we hold, so this never fails.
        let _ = waiting.wait_for(|waiting| condition(*waiting)).await;
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.release();
    }
}

impl Barriers {
    pub(crate) fn hold(&self, point: HoldPoint) -> Gate {
        let barrier = Arc::new(Barrier {
            point,
            admitting: AtomicBool::new(true),
            passes: Semaphore::new(0),
            waiting: watch::Sender::new(0),
        });
        self.0.lock().push(Arc::clone(&barrier));
        Gate { barrier }
    }

    /// The oldest gate that holds what arrives now.
    pub(crate) fn admitting(&self) -> Option<Arc<Barrier>> {
        let mut barriers = self.0.lock();
        barriers.retain(|barrier| barrier.is_admitting());
        barriers.first().cloned()
    }
}

impl Barrier {
    /// Whether a request that arrives now has to wait at it.
    fn is_admitting(&self) -> bool {
        self.admitting.load(Ordering::SeqCst)
    }

    pub(crate) fn holds_at(&self, point: HoldPoint) -> bool {
        self.point == point
    }

    pub(crate) async fn pass(&self) {
        let _place = Place::take(&self.waiting);
        // An error is the closed semaphore: the gate is open for good.
        if let Ok(permit) = self.passes.acquire().await {
            permit.forget();
        }
    }
}

/// A place in the queue, given up also when the client goes away.
struct Place<'a>(&'a watch::Sender<usize>);

impl<'a> Place<'a> {
    fn take(waiting: &'a watch::Sender<usize>) -> Self {
        waiting.send_modify(|waiting| *waiting += 1);
        Self(waiting)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0
            .send_modify(|waiting| *waiting = waiting.saturating_sub(1));
    }
}
