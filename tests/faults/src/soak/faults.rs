use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// What is broken on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Keycloak,
    Redis,
    /// The replica that is killed now and then.
    Mortal,
    /// The keys: not broken, new.
    Keys,
}

impl Part {
    /// How long after its return everything may still be in the making.
    const fn grace(self) -> Duration {
        Duration::from_secs(match self {
            // The longest pause of the circuit breaker, and what is waiting by then.
            Self::Keycloak => 40,
            // What may have been missed is asked about; and where unknown key ids have used up their
            // fetches, one in ten seconds is left.
            Self::Redis | Self::Mortal | Self::Keys => 15,
        })
    }
}

/// When what was broken. Clones tell the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Faults(Arc<Mutex<Vec<Span>>>);

#[derive(Debug, Clone, Copy)]
struct Span {
    part: Part,
    from: Instant,
    until: Option<Instant>,
}

/// A fault as it is drawn: which part, and from when until when, in seconds.
pub(super) type Drawn = (Part, f64, f64);

impl Faults {
    pub(super) fn begin(&self, part: Part) {
        self.lock().push(Span {
            part,
            from: Instant::now(),
            until: None,
        });
    }

    pub(super) fn end(&self, part: Part) {
        let mut spans = self.lock();
        let open = spans.iter_mut().rev().find(|span| span.part == part);
        if let Some(span) = open {
            span.until.get_or_insert_with(Instant::now);
        }
    }

    /// Whether any part was broken at any time between these two, or not long before.
    pub(super) fn excuse(&self, from: Instant, until: Instant) -> bool {
        let spans = self.lock();
        spans.iter().any(|span| span.touches(from, until))
    }

    /// Whether a part was broken at this time, or not long before.
    pub(super) fn is_broken(&self, part: Part, at: Instant) -> bool {
        let spans = self.lock();
        spans
            .iter()
            .any(|span| span.part == part && span.touches(at, at))
    }

    /// When what takes so long must have happened that began at `from`, if each of these parts has to work
    /// for it; `None` if that is not yet known.
    pub(super) fn due(&self, from: Instant, takes: Duration, parts: &[Part]) -> Option<Instant> {
        let spans = self.lock();
        let mut due = from + takes;
        // In the order in which they began.
        for span in spans.iter().filter(|span| parts.contains(&span.part)) {
            if span.touches(from, due) {
                due = due.max(span.until? + span.part.grace() + takes);
            }
        }
        Some(due)
    }

    /// All of them, from `begun` on.
    pub(super) fn spans(&self, begun: Instant) -> Vec<Drawn> {
        let seconds = |at: Instant| at.saturating_duration_since(begun).as_secs_f64();
        let spans = self.lock();
        let drawn = spans.iter().map(|span| {
            let until = span.until.unwrap_or_else(Instant::now);
            (span.part, seconds(span.from), seconds(until))
        });
        drawn.collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Span>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Span {
    fn touches(&self, from: Instant, until: Instant) -> bool {
        let over = self.until.map(|until| until + self.part.grace());
        self.from <= until && over.is_none_or(|over| over >= from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_touches_a_fault_or_comes_soon_after_is_excused() {
        let faults = Faults::default();
        let before = Instant::now();
        faults.begin(Part::Redis);
        faults.end(Part::Redis);
        let after = Instant::now();
        let long_after = after + Duration::from_secs(16);
        assert!(!faults.excuse(
            before - Duration::from_secs(2),
            before - Duration::from_secs(1)
        ));
        assert!(faults.excuse(before, after));
        assert!(faults.excuse(after + Duration::from_secs(14), long_after));
        assert!(!faults.excuse(long_after, long_after));
    }

    #[test]
    fn what_is_due_waits_for_the_parts_it_needs() {
        let takes = Duration::from_secs(2);
        let faults = Faults::default();
        let from = Instant::now();
        faults.begin(Part::Redis);
        assert_eq!(
            faults.due(from, takes, &[Part::Keycloak]),
            Some(from + takes)
        );
        assert_eq!(faults.due(from, takes, &[Part::Redis]), None);
        faults.end(Part::Redis);
        let due = faults.due(from, takes, &[Part::Redis]).unwrap();
        assert!(due >= from + takes + Duration::from_secs(15));
    }
}
