//! Everything there is to run, one suite after the other.

mod report;
mod steps;
mod suite;

use std::time::Instant;

use self::{report::report, suite::Suite};
use crate::{Verdict, cargo::is_ci, error::XtaskError};

/// `cargo xtask test`. No failure stops it; what could not run is a failure only in CI.
pub(crate) fn all() -> Result<Verdict, XtaskError> {
    let steps = steps::ALL;
    let mut suites = Vec::with_capacity(steps.len());
    for (at, (name, run)) in steps.iter().enumerate() {
        println!("\n=== [{}/{}] {name} ===", at + 1, steps.len());
        let started = Instant::now();
        let mut suite = Suite::new(name);
        if let Err(error) = run(&mut suite) {
            suite.fail(error.to_string());
        }
        suite.took = started.elapsed();
        println!("--- {}", suite.in_short());
        suites.push(suite);
    }
    let (text, sum) = report(&suites, is_ci());
    println!("\n{text}");
    Ok(Verdict::good_if(sum.failed == 0))
}
