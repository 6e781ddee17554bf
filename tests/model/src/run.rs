use std::fmt;

use crate::{
    player::{Figures, play},
    promise::{Promise, Violation},
    schedule::Schedule,
    shrink::shortest,
};

/// What came of many schedules.
#[derive(Debug, Default)]
pub struct Run {
    /// How many were played.
    pub schedules: u64,
    /// All of them together.
    pub figures: Figures,
    /// How many of those that broke a promise let somebody in who must not be.
    pub wrong_accepts: u64,
    /// Those that broke a promise, made short.
    pub failures: Vec<(Schedule, Violation)>,
}

/// Plays so many schedules, drawn from the seeds from `seed` on. Ends early after a few failures.
pub fn run(seed: u64, schedules: u64) -> Run {
    const ENOUGH: usize = 3;
    let mut run = Run::default();
    for number in 0..schedules {
        let schedule = Schedule::of(seed.wrapping_add(number));
        run.schedules += 1;
        match play(&schedule) {
            Ok(figures) => run.figures.add(figures),
            Err(violation) => {
                run.wrong_accepts += u64::from(violation.promise == Promise::NoWrongAccept);
                run.failures.push(shortest(&schedule, violation));
            }
        }
        if run.failures.len() == ENOUGH {
            break;
        }
    }
    run
}

impl Figures {
    fn add(&mut self, other: Self) {
        self.steps += other.steps;
        self.requests += other.requests;
        self.accepted += other.accepted;
        self.refused += other.refused;
        self.unavailable += other.unavailable;
        self.calls += other.calls;
    }
}

/// The failures, each with its seed and the steps that are left of it.
impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (schedule, violation) in &self.failures {
            writeln!(f, "seed {}: {violation}", schedule.seed)?;
            writeln!(f, "  {:?}", schedule.setup)?;
            for (number, step) in schedule.steps.iter().enumerate() {
                writeln!(f, "  {:>3} {step:?}", number + 1)?;
            }
        }
        Ok(())
    }
}
