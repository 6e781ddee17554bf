use std::time::{Duration, Instant};

/// A token bucket: so many at once, then one for every period.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    capacity: u32,
    period: Duration,
    left: u32,
    /// Since when the next one is being earned; meaningless while the bucket is full.
    earning_since: Instant,
}

impl Bucket {
    /// A full bucket.
    pub(crate) fn full(capacity: u32, period: Duration, now: Instant) -> Self {
        Self {
            capacity,
            period,
            left: capacity,
            earning_since: now,
        }
    }

    /// Takes one; `Err` with the wait for the next when there is none.
    pub(crate) fn take(&mut self, now: Instant) -> Result<(), Duration> {
        self.refill(now);
        if self.left == 0 {
            let earned = now.saturating_duration_since(self.earning_since);
            return Err(self.period.saturating_sub(earned));
        }
        if self.left == self.capacity {
            self.earning_since = now;
        }
        self.left -= 1;
        Ok(())
    }

    fn refill(&mut self, now: Instant) {
        let lacking = self.capacity.saturating_sub(self.left);
        let passed = now.saturating_duration_since(self.earning_since);
        let earned = passed.as_nanos().checked_div(self.period.as_nanos());
        // A period of no time fills it at once.
        let earned = earned.map_or(lacking, |earned| {
            u32::try_from(earned).map_or(lacking, |earned| earned.min(lacking))
        });
        self.left = self.left.saturating_add(earned);
        let spent = self.period.saturating_mul(earned);
        if let Some(since) = self.earning_since.checked_add(spent) {
            self.earning_since = since;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_gives_its_capacity_at_once_and_then_one_for_each_period() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut bucket = Bucket::full(5, Duration::from_secs(10), start);
        for _ in 0..5 {
            bucket.take(at(1)).unwrap();
        }
        assert_eq!(bucket.take(at(2)), Err(Duration::from_secs(9)));
        bucket.take(at(11)).unwrap();
        assert_eq!(bucket.take(at(20)), Err(Duration::from_secs(1)));
        for _ in 0..5 {
            bucket.take(at(1000)).unwrap();
        }
        assert!(bucket.take(at(1000)).is_err());
    }

    #[test]
    fn what_was_earned_is_not_counted_one_by_one() {
        let start = Instant::now();
        let mut bucket = Bucket::full(u32::MAX, Duration::from_nanos(1), start);
        bucket.left = 0;
        bucket.take(start + Duration::from_secs(3600)).unwrap();
        assert_eq!(bucket.left, u32::MAX - 1);
    }

    #[test]
    fn odd_settings_are_kept_to() {
        let now = Instant::now();
        let mut endless = Bucket::full(1, Duration::ZERO, now);
        let mut once = Bucket::full(1, Duration::MAX, now);
        let mut never = Bucket::full(0, Duration::from_secs(1), now);
        assert!(endless.take(now).is_ok() && endless.take(now).is_ok());
        assert!(once.take(now).is_ok() && once.take(now).is_err());
        assert!(never.take(now + Duration::from_secs(60)).is_err());
    }
}
