//! Mutants that are built one by one, by cargo-mutants: what the compiler reckons, and what changes the type that a
//! function answers with.

use std::{fmt, fs, path::Path, process::Command, time::Duration};

use super::{Bench, MUTANTS, found, found::Found, judge::Fate, list::Mutant};
use crate::{
    cargo::{cargo_unlocked, shown, target_dir},
    error::XtaskError,
    files::{malformed, unwritable},
    watch::watch_for,
};

const LIMIT: Duration = Duration::from_secs(48 * 60 * 60);
/// Longer than it takes to build the tests and to run them once.
const LIMIT_UNMUTATED: Duration = Duration::from_secs(2 * 60 * 60);
/// After so many it is written down what became of them.
const PORTION: usize = 10;
/// The library's own tests catch most, and are quick.
const OWN: Tests = Tests {
    name: "own",
    packages: &["portcullis"],
    programs: "--lib",
};
/// The others are asked about what those have missed.
const OTHERS: Tests = Tests {
    name: "others",
    packages: &["portcullis", "portcullis-conformance"],
    programs: "--test=*",
};

/// Crowds of ten thousands take longer than all the rest, and are about speed.
const SKIPPED: [&str; 1] = ["--skip=keys_in_a_crowd"];

/// Tests that are built and run together.
struct Tests {
    name: &'static str,
    packages: &'static [&'static str],
    /// Which of their programs are built and run.
    programs: &'static str,
}

/// What becomes of those mutants, told a few at a time.
pub(super) fn judge<'a>(
    bench: &Bench,
    mutants: &[&'a Mutant],
    mut keep: impl FnMut(&[(&'a Mutant, Fate)]) -> Result<(), XtaskError>,
) -> Result<(), XtaskError> {
    if mutants.is_empty() {
        return Ok(());
    }
    unmutated(bench, &OWN)?;
    unmutated(bench, &OTHERS)?;
    for portion in mutants.chunks(PORTION) {
        let names: Vec<_> = portion.iter().map(|mutant| mutant.name.clone()).collect();
        let found = tried(bench, &found::exactly(&names))?;
        let fates = portion
            .iter()
            .map(|mutant| (*mutant, found.fate(&mutant.name)));
        keep(&fates.collect::<Vec<_>>())?;
    }
    Ok(())
}

fn tried(bench: &Bench, choice: &[String]) -> Result<Found, XtaskError> {
    let own = tested(bench, &OWN, choice)?;
    if own.missed.is_empty() {
        return Ok(own);
    }
    let others = tested(bench, &OTHERS, &found::exactly(&own.missed))?;
    Ok(own.then(&others))
}

/// What becomes of them by those tests.
fn tested(bench: &Bench, tests: &Tests, choice: &[String]) -> Result<Found, XtaskError> {
    let output = bench.folder.join(tests.name);
    if output.exists() {
        fs::remove_dir_all(&output).map_err(unwritable(&output))?;
    }
    fs::create_dir_all(&output).map_err(unwritable(&output))?;
    let mut mutants = bench.mutants();
    mutants.args(["--in-place", "--no-shuffle", "--colors=never", "--caught"]);
    // They were green before the first of them.
    mutants.args(["--baseline=skip", "--timeout=300"]);
    mutants.args(choice);
    for package in tests.packages {
        mutants.arg(format!("--test-package={package}"));
    }
    mutants.arg("--output").arg(&output);
    // Said of builds and of runs alike: else all programs are built for each mutant.
    mutants.arg(format!("--cargo-arg={}", tests.programs));
    mutants.args(["--", "--"]).args(SKIPPED);
    let ending = watch_for(LIMIT, built_beside_others(&mut mutants), |_| {})?;
    // 2 says that some survived, 3 that some ran out of time: both are told by the lists.
    if matches!(ending.code(), Some(0 | 2 | 3)) {
        Found::read(&output.join("mutants.out"))
    } else {
        Err(undone(ending))
    }
}

/// Whether those tests are green while nothing is changed: to fail says nothing of a mutant otherwise.
fn unmutated(bench: &Bench, tests: &Tests) -> Result<(), XtaskError> {
    let mut command = tests.unmutated();
    command.current_dir(&bench.tree);
    green(built_beside_others(&mut command))
}

impl Tests {
    /// What runs them in a tree as it stands.
    fn unmutated(&self) -> Command {
        let mut command = cargo_unlocked("test");
        for package in self.packages {
            command.arg(format!("--package={package}"));
        }
        command.args(["--all-features", self.programs, "--"]);
        command.args(SKIPPED);
        command
    }
}

/// What a mutant costs is to be built. What it does not change is there already, from tests without it or from
/// other builds.
fn built_beside_others(command: &mut Command) -> &mut Command {
    command
        .env("CARGO_TARGET_DIR", target_dir())
        .env("CARGO_INCREMENTAL", "1")
}

fn green(command: &mut Command) -> Result<(), XtaskError> {
    let ending = watch_for(LIMIT_UNMUTATED, command, |_| {})?;
    if ending.is_success() {
        Ok(())
    } else {
        let reason = format!("not green without a mutant, so it would catch them all: {ending}");
        Err(malformed(Path::new(&shown(command)), reason))
    }
}

fn undone(ending: impl fmt::Display) -> XtaskError {
    malformed(
        Path::new(MUTANTS.name),
        format!("it could not be done: {ending}"),
    )
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn tests_that_are_red_without_a_mutant_are_not_gone_on_with() {
        assert!(green(&mut Command::new("true")).is_ok());
        let error = green(&mut Command::new("false")).unwrap_err();
        assert!(matches!(error, XtaskError::Malformed { .. }), "{error}");
    }

    #[test]
    fn the_checklist_is_run_unmutated_as_it_is_for_mutants() {
        let command = shown(&OTHERS.unmutated());
        for part in [
            "test --package=portcullis --package=portcullis-conformance --all-features",
            " --test=* -- --skip=keys_in_a_crowd",
        ] {
            assert!(command.contains(part), "{command}");
        }
    }
}
