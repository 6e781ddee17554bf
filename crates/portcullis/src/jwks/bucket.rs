use std::time::{Duration, Instant};

/// A token bucket: so many at once, then one for every period.
#[derive(Debug, Clone)]
pub(super) struct Bucket {
    capacity: u32,
    period: Duration,
    left: u32,
    /// Since when the next one is being earned; meaningless while the bucket is full.
    earning_since: Instant,
}

impl Bucket {
    /// A full bucket.
    pub(super) fn full(capacity: u32, period: Duration, now: Instant) -> Self {
        Self {
            capacity,
            period,
            left: capacity,
            earning_since: now,
        }
    }

    /// Takes one; `Err` with the wait for the next when there is none.
    pub(super) fn take(&mut self, now: Instant) -> Result<(), Duration> {
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
        while self.left < self.capacity {
            let Some(earned) = self.earning_since.checked_add(self.period) else {
                return;
            };
            if earned > now {
                return;
            }
            self.left += 1;
            self.earning_since = earned;
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
}
