//! `model SCHEDULES [SEED]`: plays random schedules and prints what came of them as JSON.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line program speaks"
)]

use std::{env, process::ExitCode, time::Instant};

use portcullis_model::run;
use serde_json::json;

fn main() -> ExitCode {
    let mut numbers = env::args().skip(1).map(|argument| argument.parse());
    let (Some(Ok(schedules)), Ok(seed)) = (
        numbers.next(),
        numbers
            .next()
            .unwrap_or_else(|| Ok(fastrand::u64(..1 << 48))),
    ) else {
        eprintln!("usage: model SCHEDULES [SEED]");
        return ExitCode::FAILURE;
    };
    let began = Instant::now();
    let run = run(seed, schedules);
    let figures = run.figures;
    let report = json!({
        "schedules": run.schedules, "seed": seed, "steps": figures.steps,
        "requests": figures.requests, "accepted": figures.accepted, "refused": figures.refused,
        "unavailable": figures.unavailable, "calls": figures.calls,
        "wrong_accepts": run.wrong_accepts, "broken_promises": run.failures.len(),
        "seconds": began.elapsed().as_secs(),
    });
    println!("{report}");
    eprint!("{run}");
    if run.failures.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
