use std::{
    future::Future,
    pin::Pin,
    time::{Duration, Instant},
};

use portcullis::{Clock, ManualClock, Timestamp};

/// The clock of an instance. Its time of day is not the server's, and time passes at all of them alike.
#[derive(Debug, Clone)]
pub(crate) struct InstanceClock {
    pub(crate) clock: ManualClock,
    /// By how many seconds it is ahead of the server's.
    pub(crate) ahead: i64,
}

impl Clock for InstanceClock {
    fn now(&self) -> Timestamp {
        let milliseconds = self.clock.now().as_milliseconds();
        Timestamp::from_milliseconds(milliseconds + 1_000 * self.ahead)
    }

    fn monotonic(&self) -> Instant {
        self.clock.monotonic()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.clock.sleep(duration)
    }
}
