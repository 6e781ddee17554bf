use std::time::Duration;

use portcullis::Timestamp;
use tokio::time::Instant;

use super::record::Record;

/// Whether a writer lives, by the signs it gives: records that are renewed.
#[derive(Debug, Clone)]
pub(super) struct Presence {
    beat: u64,
    /// By how much its records lag behind our wall clock at the least, in milliseconds: how far two
    /// clocks differ is no delay.
    least_lag: i64,
    last_sign: Instant,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Its record may be left over from long ago.
    Unproven,
    /// Its record is so new that it ought to be renewed soon.
    Expected,
    Alive,
    Silent,
    /// It has said farewell.
    Gone,
}

impl Presence {
    /// How long a writer may give no sign of life. It gives one each second.
    pub(super) const PATIENCE: Duration = Duration::from_secs(5);
    /// A record that was as old when it was first seen is of one who has died: others have noticed, and
    /// so have we if we were there.
    const STALE_MS: i64 = 15_000;

    /// By its first record. What we claim to have missed nothing since `known_since` is worth no more
    /// than what it has told by then.
    pub(super) fn new(
        record: &Record,
        now: Timestamp,
        at: Instant,
        known_since: Option<Timestamp>,
    ) -> Self {
        let lag = lag(record, now);
        let is_of_our_time = known_since.is_some_and(|since| since <= record.time);
        Self {
            beat: record.beat,
            least_lag: lag,
            last_sign: at,
            state: if record.is_farewell {
                State::Gone
            } else if lag < Self::STALE_MS || is_of_our_time {
                State::Expected
            } else {
                State::Unproven
            },
        }
    }

    /// By another record, which may be the same again. Whether it is as new as any before: an older
    /// one says nothing.
    pub(super) fn note(&mut self, record: &Record, now: Timestamp, at: Instant) -> bool {
        if record.beat <= self.beat {
            return record.beat == self.beat;
        }
        self.beat = record.beat;
        let lag = lag(record, now);
        self.least_lag = self.least_lag.min(lag);
        if record.is_farewell {
            self.state = State::Gone;
        } else if lag.saturating_sub(self.least_lag) <= milliseconds(Self::PATIENCE) {
            // Records that are all played back late are no sign of life.
            self.last_sign = at;
            self.state = State::Alive;
        }
        true
    }

    /// Whether it has fallen silent by now, which is said once.
    pub(super) fn falls_silent(&mut self, at: Instant) -> bool {
        let is_awaited = matches!(self.state, State::Alive | State::Expected);
        let is_overdue = at.saturating_duration_since(self.last_sign) > Self::PATIENCE;
        if is_awaited && is_overdue {
            self.state = State::Silent;
            // Should it go on, then by whatever clock it has now.
            self.least_lag = i64::MAX;
            return true;
        }
        false
    }

    /// For so long nothing could be read: that was not its silence.
    pub(super) fn forgive(&mut self, cut: Duration) {
        self.last_sign += cut;
    }

    /// Whether it has given signs of life, and goes on giving them.
    pub(super) fn is_alive(&self) -> bool {
        self.state == State::Alive
    }

    /// Whether nothing is expected of it any more.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.state, State::Unproven | State::Silent | State::Gone)
    }
}

fn lag(record: &Record, now: Timestamp) -> i64 {
    now.as_milliseconds()
        .saturating_sub(record.time.as_milliseconds())
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::{WriterId, record::Stretch};

    const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

    fn record(beat: u64, seconds: i64) -> Record {
        let writer = WriterId::random().unwrap();
        let (low, last) = (1, 0);
        Record {
            writer,
            beat,
            time: Timestamp::from_seconds(NOW.as_seconds() + seconds),
            is_farewell: false,
            complete_since: None,
            retention: Duration::ZERO,
            own: Stretch { writer, low, last },
            others: Vec::new(),
        }
    }

    fn after(seconds: i64) -> Timestamp {
        record(0, seconds).time
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn one_who_lives_renews_its_record_and_its_silence_is_noticed_once() {
        let t = Instant::now();
        let mut presence = Presence::new(&record(7, 0), NOW, t, None);
        assert!(!presence.is_alive() && !presence.is_over());
        assert!(presence.note(&record(8, 1), after(1), t + seconds(1)));
        assert!(presence.is_alive());
        assert!(presence.note(&record(8, 1), after(6), t + seconds(6)));
        assert!(!presence.note(&record(7, 6), after(6), t + seconds(6)));
        assert!(!presence.falls_silent(t + seconds(6)));
        assert!(presence.falls_silent(t + seconds(6) + Duration::from_millis(1)));
        assert!(!presence.falls_silent(t + seconds(60)));
        assert!(!presence.is_alive() && presence.is_over());

        presence.note(&record(9, 70), after(70), t + seconds(70));
        assert!(presence.is_alive() && !presence.falls_silent(t + seconds(71)));
        assert!(presence.falls_silent(t + seconds(80)));
    }

    #[test]
    fn one_that_was_there_a_moment_ago_is_awaited_and_one_of_long_ago_is_not() {
        let t = Instant::now();
        let mut recent = Presence::new(&record(7, -14), NOW, t, None);
        assert!(recent.falls_silent(t + seconds(6)));
        let mut old = Presence::new(&record(7, -16), NOW, t, None);
        assert!(old.is_over() && !old.falls_silent(t + seconds(6)));
        // Its clock may be behind: then its record is renewed.
        old.note(&record(8, -15), after(1), t + seconds(1));
        assert!(old.is_alive());
    }

    #[test]
    fn one_that_died_while_we_could_not_look_is_missed_once() {
        let t = Instant::now();
        let died = record(7, -60);
        let since = |seconds| Some(after(seconds));
        let mut before = Presence::new(&died, NOW, t, since(-59));
        assert!(!before.falls_silent(t + seconds(6)));
        let mut meanwhile = Presence::new(&died, NOW, t, since(-61));
        assert!(meanwhile.falls_silent(t + seconds(6)));
        assert!(!meanwhile.falls_silent(t + seconds(12)));
    }

    #[test]
    fn a_clock_that_is_wrong_is_no_silence_and_a_delay_is() {
        let t = Instant::now();
        let mut presence = Presence::new(&record(0, -3600), NOW, t, None);
        for beat in 1..20 {
            let passed = seconds(beat);
            let offset = i64::try_from(beat).unwrap();
            presence.note(&record(beat, offset - 3600), after(offset), t + passed);
            assert!(presence.is_alive() && !presence.falls_silent(t + passed));
        }
        // From now on records are played back ten seconds late.
        for beat in 20..30 {
            let offset = i64::try_from(beat).unwrap();
            presence.note(
                &record(beat, offset - 3610),
                after(offset),
                t + seconds(beat),
            );
        }
        assert!(presence.falls_silent(t + seconds(29)));
    }

    #[test]
    fn who_has_said_farewell_is_not_awaited() {
        let t = Instant::now();
        let mut presence = Presence::new(&record(1, 0), NOW, t, None);
        let mut farewell = record(2, 1);
        farewell.is_farewell = true;
        assert!(presence.note(&farewell, after(1), t));
        assert!(presence.is_over() && !presence.falls_silent(t + seconds(60)));
        // What was kept from before does not bring it back.
        assert!(!presence.note(&record(1, 0), after(2), t));
        assert!(presence.is_over());
    }

    #[test]
    fn a_cut_is_not_its_silence() {
        let t = Instant::now();
        let mut presence = Presence::new(&record(1, 0), NOW, t, None);
        presence.note(&record(2, 1), after(1), t);
        presence.forgive(seconds(30));
        assert!(!presence.falls_silent(t + seconds(34)));
        assert!(presence.falls_silent(t + seconds(36)));
    }
}
