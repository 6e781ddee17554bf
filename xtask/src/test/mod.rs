//! Everything there is to run, one suite after the other.

mod report;
mod steps;
mod suite;

use std::time::Instant;

use self::{report::report, suite::Suite};
use crate::{Verdict, cargo::is_ci, error::XtaskError};

/// The names of the suites on the command line.
pub(crate) fn ids() -> impl Iterator<Item = &'static str> {
    steps::ALL.iter().map(|step| step.id)
}

/// `cargo xtask test`: the suites that are named, or all of them. No failure stops it; what could
/// not run is a failure only in CI.
pub(crate) fn run(named: &[String]) -> Result<Verdict, XtaskError> {
    let is_wanted = |id| named.is_empty() || named.iter().any(|name| name == id);
    let steps: Vec<_> = steps::ALL
        .iter()
        .filter(|step| is_wanted(step.id))
        .collect();
    let mut suites = Vec::with_capacity(steps.len());
    for (at, step) in steps.iter().enumerate() {
        println!("\n=== [{}/{}] {} ===", at + 1, steps.len(), step.name);
        let started = Instant::now();
        let mut suite = Suite::new(step.name);
        if let Err(error) = (step.run)(&mut suite) {
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
