//! The one clock of everything, with two faces: wall time for what the issuer dates (`exp`,
//! `nbf`, `iat`), monotonic time for ages, arrivals and the start of calls.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

#[cfg(feature = "test-util")]
mod manual;
#[cfg(feature = "test-util")]
pub use manual::ManualClock;

/// Where Portcullis takes its time from.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// Wall time: what dates in tokens are compared with.
    fn now(&self) -> Timestamp;

    /// Monotonic time: what ages are measured with. It never goes back.
    fn monotonic(&self) -> Instant;

    /// Waits until so much monotonic time has passed. By the timer of tokio, and so within its runtime,
    /// unless a clock that runs in another way has a better idea.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move { tokio::time::sleep(duration).await })
    }

    /// Both, for those who hand them on: to look at a clock takes as long as much that is judged by it.
    fn read(&self) -> ClockReading {
        ClockReading {
            wall: self.now(),
            monotonic: self.monotonic(),
        }
    }
}

/// What a clock said when it was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockReading {
    /// Wall time, see [`Clock::now`].
    pub wall: Timestamp,
    /// Monotonic time, see [`Clock::monotonic`].
    pub monotonic: Instant,
}

/// The clock of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        SystemTime::now().into()
    }

    fn monotonic(&self) -> Instant {
        Instant::now()
    }
}

/// A moment of wall time in milliseconds since the Unix epoch: a `NumericDate`
/// (RFC 7519 §2) with its fraction kept to the millisecond. Serialized, it is that number of
/// milliseconds.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp {
    milliseconds: i64,
}

impl Timestamp {
    /// The last second of the year 9999; a later date in a token is a mistake or an attack.
    const LAST_SECOND: i64 = 253_402_300_799;

    /// The moment `seconds` after the Unix epoch.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self {
            milliseconds: seconds.saturating_mul(1000),
        }
    }

    /// A `NumericDate` as it stands in JSON, or `None` when it is not a moment between the
    /// Unix epoch and the year 9999.
    #[must_use]
    pub fn from_numeric_date(date: f64) -> Option<Self> {
        if !(0.0..=Self::LAST_SECOND as f64).contains(&date) {
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the range was checked on the line above"
        )]
        let milliseconds = (date * 1000.0).floor() as i64;
        Some(Self { milliseconds })
    }

    /// The same of one that is written as a whole number.
    pub(crate) fn from_whole_numeric_date(seconds: i64) -> Option<Self> {
        let is_in_history = (0..=Self::LAST_SECOND).contains(&seconds);
        is_in_history.then(|| Self::from_seconds(seconds))
    }

    /// Whole seconds since the Unix epoch.
    #[must_use]
    pub const fn as_seconds(self) -> i64 {
        self.milliseconds.div_euclid(1000)
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn as_milliseconds(self) -> i64 {
        self.milliseconds
    }

    /// The moment `milliseconds` after the Unix epoch.
    #[must_use]
    pub const fn from_milliseconds(milliseconds: i64) -> Self {
        Self { milliseconds }
    }

    /// This moment and `duration` more.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self {
            milliseconds: self.milliseconds.saturating_add(milliseconds(duration)),
        }
    }

    /// This moment less `duration`.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self {
            milliseconds: self.milliseconds.saturating_sub(milliseconds(duration)),
        }
    }

    /// How long it is from `earlier` to this moment; zero when `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        let milliseconds = self.milliseconds.saturating_sub(earlier.milliseconds);
        Duration::from_millis(u64::try_from(milliseconds).unwrap_or(0))
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let since_epoch = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            milliseconds: milliseconds(since_epoch),
        }
    }
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_numeric_date_keeps_its_fraction() {
        let date = Timestamp::from_numeric_date(1_700_000_100.5).unwrap();
        assert_eq!(
            date,
            Timestamp::from_seconds(1_700_000_100).plus(Duration::from_millis(500))
        );
        assert_eq!(date.as_seconds(), 1_700_000_100);
    }

    #[test]
    fn a_numeric_date_outside_history_is_none() {
        for date in [
            -1.0,
            -0.001,
            1e18,
            f64::INFINITY,
            f64::NAN,
            253_402_300_800.0,
        ] {
            assert_eq!(Timestamp::from_numeric_date(date), None, "{date}");
        }
    }

    #[test]
    fn a_numeric_date_is_the_same_however_it_is_written() {
        for seconds in [
            -1,
            0,
            1,
            1_700_000_100,
            253_402_300_799,
            253_402_300_800,
            999_999_999_999_999,
        ] {
            assert_eq!(
                Timestamp::from_whole_numeric_date(seconds),
                Timestamp::from_numeric_date(seconds as f64),
                "{seconds}"
            );
        }
    }

    #[test]
    fn arithmetic_saturates() {
        let late = Timestamp::from_seconds(i64::MAX);
        assert_eq!(late.plus(Duration::MAX), late);
        assert_eq!(Timestamp::from_seconds(0).since(late), Duration::ZERO);
    }
}
