use std::{
    future::{Future, pending},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use tokio::sync::Notify;

use super::{Clock, Timestamp};

/// A clock that stands still until it is told otherwise: every rule that has to do with time
/// can be tested without sleeping. Clones share their time.
#[derive(Debug, Clone)]
pub struct ManualClock {
    faces: Arc<Mutex<Faces>>,
    /// Wakes those who wait for time to pass.
    moved: Arc<Notify>,
}

#[derive(Debug)]
struct Faces {
    wall: Duration,
    monotonic: Instant,
}

impl ManualClock {
    /// A clock whose wall time is `seconds` after the Unix epoch.
    #[must_use]
    pub fn at(seconds: u64) -> Self {
        Self {
            faces: Arc::new(Mutex::new(Faces {
                wall: Duration::from_secs(seconds),
                monotonic: Instant::now(),
            })),
            moved: Arc::default(),
        }
    }

    /// Lets `duration` pass on both faces.
    pub fn advance(&self, duration: Duration) {
        let mut faces = self.faces();
        faces.wall = faces.wall.saturating_add(duration);
        if let Some(later) = faces.monotonic.checked_add(duration) {
            faces.monotonic = later;
        }
        drop(faces);
        self.moved.notify_waiters();
    }

    /// Makes the wall time jump to `seconds` after the Unix epoch, forwards or back, as an
    /// administrator or a time server does. Monotonic time goes on as if nothing had happened.
    pub fn jump_to(&self, seconds: u64) {
        self.faces().wall = Duration::from_secs(seconds);
    }

    /// The wall time as the standard library has it, for a test server that follows this clock.
    #[must_use]
    pub fn system_time(&self) -> SystemTime {
        UNIX_EPOCH + self.faces().wall
    }

    fn faces(&self) -> MutexGuard<'_, Faces> {
        self.faces.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.system_time().into()
    }

    fn monotonic(&self) -> Instant {
        self.faces().monotonic
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let clock = self.clone();
        let end = self.monotonic().checked_add(duration);
        Box::pin(async move {
            let Some(end) = end else {
                return pending().await;
            };
            loop {
                // Before the look, so that no move is overlooked.
                let moved = clock.moved.notified();
                if clock.monotonic() >= end {
                    return;
                }
                moved.await;
            }
        })
    }
}
