//! What the library is made of, and what it is to those who build on it: licenses and sources, each set of
//! features, the oldest dependencies that are promised, the types of others in the public API, the bill
//! of materials, and whether it could be published as it is.

mod checks;
mod copy;
pub(crate) mod deny;

use std::time::Instant;

use serde::Serialize;

use self::checks::{Check, Outcome};
use crate::{
    Verdict,
    error::XtaskError,
    reports::{Made, keep},
};

#[derive(Debug, Serialize)]
struct Report {
    is_good: bool,
    /// Checks that could not be made here.
    not_run: usize,
    checks: Vec<Line>,
}

#[derive(Debug, Serialize)]
struct Line {
    check: &'static str,
    outcome: String,
    seconds: u64,
}

/// `cargo xtask proof supply-chain`.
pub(super) fn run() -> Result<Verdict, XtaskError> {
    let mut report = Report {
        is_good: true,
        not_run: 0,
        checks: Vec::new(),
    };
    for Check { name, run } in checks::ALL {
        println!("\n--- {name}");
        let started = Instant::now();
        let outcome = match run()? {
            Outcome::Good => "good".to_owned(),
            Outcome::Bad(what) => {
                report.is_good = false;
                format!("bad: {what}")
            }
            Outcome::NotRun(why) => {
                report.not_run += 1;
                format!("not run: {why}")
            }
        };
        println!("{name}: {outcome}");
        report.checks.push(Line {
            check: name,
            outcome,
            seconds: started.elapsed().as_secs(),
        });
    }
    keep(
        "supply-chain",
        &Made::by("cargo xtask proof supply-chain"),
        &report,
    )?;
    Ok(Verdict::good_if(report.is_good))
}
