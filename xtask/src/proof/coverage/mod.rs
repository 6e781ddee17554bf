//! How much of the library the tests run: the lines of `crates/portcullis`, by cargo-llvm-cov.

mod lines;
mod report;

use std::{
    process::Command,
    time::{Duration, Instant},
};

use self::report::Report;
use super::tree;
use crate::{
    Verdict,
    cargo::{program, target_dir},
    error::XtaskError,
    files,
    reports::{Made, keep},
    setup,
    tool::Tool,
    watch::watch_for,
};

const LLVM_COV: Tool<'static> = Tool {
    name: "cargo-llvm-cov",
    version: "0.9.1",
    options: &["--debug"],
};
/// All of the workspace's own is built anew, to be counted.
const LIMIT: Duration = Duration::from_secs(60 * 60);
/// The tests that count: those that need nothing but this machine.
const PACKAGES: [&str; 6] = [
    "portcullis",
    "portcullis-axum",
    "portcullis-conformance",
    "portcullis-gateway",
    "portcullis-redis",
    "portcullis-tonic",
];
const SOURCE: &str = "crates/portcullis/src";

/// `cargo xtask proof coverage`.
pub(super) fn run() -> Result<Verdict, XtaskError> {
    let tool = LLVM_COV.ready()?;
    if let Some(cure) = setup::llvm()? {
        return Err(XtaskError::Needed {
            what: "llvm-19",
            cure,
        });
    }
    let started = Instant::now();
    let tree = tree::fresh()?;
    let command = |arguments: &[&str]| {
        let mut command = program(&tool);
        command.current_dir(&tree).arg("llvm-cov").args(arguments);
        command.env("LLVM_COV", "llvm-cov-19");
        command.env("LLVM_PROFDATA", "llvm-profdata-19");
        command.env("CARGO_TARGET_DIR", target_dir().join("proof/coverage"));
        // Lines are counted by the compiler, not by what a debugger reads.
        command.env("CARGO_PROFILE_DEV_DEBUG", "false");
        command
    };
    // What an earlier run has counted or built of other sources counts no longer.
    if !is_success(&mut command(&["clean", "--workspace"]))? {
        return Ok(Verdict::Bad);
    }
    let mut tests = command(&["test", "--no-report", "--locked", "--tests"]);
    // Lines are counted all the same where a test fails.
    tests.args(["--all-features", "--no-fail-fast"]);
    for package in PACKAGES {
        tests.args(["--package", package]);
    }
    let tests_passed = is_success(&mut tests)?;
    let counts = target_dir().join("proof/coverage.lcov");
    let mut report = command(&["report", "--lcov", "--output-path"]);
    if !is_success(report.arg(&counts))? {
        return Ok(Verdict::Bad);
    }
    let sources = lines::counted(&files::read(&counts)?, &tree.join(SOURCE), files::read)?;
    let missing = target_dir().join("proof/coverage.txt");
    files::write(&missing, &report::not_run(&sources))?;
    let report = Report::of(&sources, tests_passed, started.elapsed());
    keep("coverage", &Made::by("cargo xtask proof coverage"), &report)?;
    println!("Lines that no test runs: {}", missing.display());
    Ok(Verdict::good_if(report.is_good()))
}

fn is_success(command: &mut Command) -> Result<bool, XtaskError> {
    Ok(watch_for(LIMIT, command, |_| {})?.is_success())
}
