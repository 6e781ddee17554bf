//! What strangers send, made up by libFuzzer: the targets of `fuzz/`, each for a while.

mod run;
mod tally;
mod target;

use std::time::Duration;

use self::{
    run::{Fuzzer, Run},
    tally::Tallies,
    target::Target,
};
use crate::{
    Verdict,
    cargo::is_ci,
    error::XtaskError,
    reports::{Made, keep},
    table::Table,
    tool::Tool,
};

/// Its own command of cargo's, which needs a nightly toolchain.
const CARGO_FUZZ: Tool<'static> = Tool {
    name: "cargo-fuzz",
    version: "0.13.2",
    options: &[],
};

/// How long each target runs unless something else is said.
const LONG: u64 = 600;

/// What `cargo xtask proof fuzz` is asked for.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Extent {
    /// These targets only; all of `fuzz/fuzz_targets` where none is named.
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
    /// How long each of them runs; 600 unless set.
    #[arg(long, value_name = "N")]
    seconds: Option<u64>,
    /// Add to the figures of the last report instead of beginning a new one.
    #[arg(long)]
    add: bool,
}

impl Extent {
    fn command(&self) -> String {
        let mut command = "cargo xtask proof fuzz".to_owned();
        for target in &self.targets {
            command += &format!(" {target}");
        }
        if let Some(seconds) = self.seconds {
            command += &format!(" --seconds {seconds}");
        }
        if self.add {
            command += " --add";
        }
        command
    }
}

/// `cargo xtask proof fuzz`. A target that has found something does not stop the others.
pub(crate) fn run(extent: &Extent) -> Result<Verdict, XtaskError> {
    let fuzzer = Fuzzer::ready(CARGO_FUZZ.ready()?)?;
    let time = Duration::from_secs(extent.seconds.unwrap_or(LONG));
    let runs = run_each(&fuzzer, &target::named(&extent.targets)?, time)?;
    let mut tallies = if extent.add {
        Tallies::of_last_report()?
    } else {
        Tallies::default()
    };
    for run in &runs {
        tallies.add(run);
    }
    let figures = tallies.figures(&fuzzer);
    keep("fuzz", &Made::by(extent.command()), &figures)?;
    Ok(Verdict::good_if(runs.iter().all(Run::is_good)))
}

/// Each target for an instant, where fuzzing was done before and there is time to build for it, which CI has
/// not; how many there were, and what has gone wrong. `None` where they were left out.
pub(crate) fn in_short() -> Result<Option<(usize, Vec<String>)>, XtaskError> {
    const INSTANT: Duration = Duration::from_secs(1);
    let installed = CARGO_FUZZ.installed().filter(|_| !is_ci());
    let Some(Ok(fuzzer)) = installed.map(Fuzzer::ready) else {
        return Ok(None);
    };
    let targets = target::named(&[])?;
    let runs = run_each(&fuzzer, &targets, INSTANT)?;
    let bad = runs.iter().filter(|run| !run.is_good());
    let problems = bad.map(|run| format!("the target {} has found something", run.target));
    Ok(Some((targets.len(), problems.collect())))
}

fn run_each(fuzzer: &Fuzzer, targets: &[Target], time: Duration) -> Result<Vec<Run>, XtaskError> {
    let mut runs = Vec::with_capacity(targets.len());
    let mut table = Table::headed(["target", "executions", "seconds", "corpus", "outcome"]);
    for target in targets {
        let run = fuzzer.run(target, time)?;
        let outcome = if run.is_good() { "good" } else { "FOUND" };
        table.row([
            run.target.clone(),
            run.executions.to_string(),
            run.seconds.to_string(),
            run.corpus.to_string(),
            outcome.to_owned(),
        ]);
        runs.push(run);
    }
    println!("\n{}", table.text());
    Ok(runs)
}
