use std::{
    fmt,
    num::NonZero,
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    thread,
};

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

/// Plays so many schedules, drawn from the seeds from `seed` on, on every core that is there. Ends early after
/// a few failures.
pub fn run(seed: u64, schedules: u64) -> Run {
    const ENOUGH: usize = 3;
    let (begun, failed) = (AtomicU64::new(0), AtomicUsize::new(0));
    let play_some = || {
        let mut run = Run::default();
        while failed.load(Ordering::Relaxed) < ENOUGH {
            let number = begun.fetch_add(1, Ordering::Relaxed);
            if number >= schedules {
                break;
            }
            let holds = run.play(&Schedule::of(seed.wrapping_add(number)));
            failed.fetch_add(usize::from(!holds), Ordering::Relaxed);
        }
        run
    };
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let mut run = Run::default();
    thread::scope(|scope| {
        let players: Vec<_> = (0..cores).map(|_| scope.spawn(play_some)).collect();
        for player in players {
            run.add(player.join().expect("a player that plays to the end"));
        }
    });
    run
}

impl Run {
    /// Whether everything that is promised held.
    fn play(&mut self, schedule: &Schedule) -> bool {
        self.schedules += 1;
        match play(schedule) {
            Ok(figures) => {
                self.figures.add(figures);
                true
            }
            Err(violation) => {
                self.wrong_accepts += u64::from(violation.promise == Promise::NoWrongAccept);
                self.failures.push(shortest(schedule, violation));
                false
            }
        }
    }

    fn add(&mut self, other: Self) {
        self.schedules += other.schedules;
        self.figures.add(other.figures);
        self.wrong_accepts += other.wrong_accepts;
        self.failures.extend(other.failures);
    }
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
