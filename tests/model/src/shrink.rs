use crate::{player::play, promise::Violation, schedule::Schedule};

/// The shortest schedule that is found by leaving steps out and breaks the same promise, and how.
pub fn shortest(schedule: &Schedule, violation: Violation) -> (Schedule, Violation) {
    let (mut shortest, mut broken) = (schedule.clone(), violation);
    let mut length = shortest.len().div_ceil(2);
    while length > 0 {
        let mut begin = 0;
        let mut has_shrunk = false;
        while begin < shortest.len() {
            let mut candidate = shortest.clone();
            let end = (begin + length).min(candidate.len());
            candidate.steps.drain(begin..end);
            match play(&candidate) {
                Err(violation) if violation.promise == broken.promise => {
                    (shortest, broken) = (candidate, violation);
                    has_shrunk = true;
                }
                _ => begin += length,
            }
        }
        if !has_shrunk || length > 1 {
            length /= 2;
        }
    }
    (shortest, broken)
}
