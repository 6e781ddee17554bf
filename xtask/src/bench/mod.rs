//! What a request costs, against the peers and against what it cost before. `bench/` measures;
//! this runs it.

mod instructions;
mod measured;
mod recorded;
mod runner;

use std::process::Command;

pub(crate) use self::instructions::check;
use crate::{
    Verdict,
    cargo::{cargo, program, target_dir},
    error::XtaskError,
    setup,
    watch::watch,
};

/// What `cargo xtask bench` is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Everything, with a report.
    Full,
    /// Everything, for an instant: does it run?
    Quick,
    /// The instruction counts alone, against those recorded.
    Check,
    /// The instruction counts alone, to be recorded.
    Record,
}

/// The programs that measure, in the order they run, and whether they go on for less when told to.
const PROGRAMS: [(&str, bool); 6] = [
    ("portcullis-bench-peers", true),
    ("allocations", false),
    ("memory", true),
    ("growth", true),
    ("load", true),
    ("gateway", true),
];

/// How much free memory the programs keep.
const KEPT_BYTES: &str = "1073741824";
/// From how much on something is given back for itself. More than this the C library does not take.
const MAPPED_BYTES: &str = "33554432";

/// `cargo xtask bench`.
pub(crate) fn run(extent: Extent) -> Result<Verdict, XtaskError> {
    match extent {
        Extent::Check => check().map(|faults| Verdict::without(&faults)),
        Extent::Record => instructions::record(),
        Extent::Full => {
            let counted = instructions::record()?;
            let timed = watch(&mut bench("wall_time"), |_| {})?.is_success();
            let reported = measured_and_reported(&[])?;
            let is_complete = counted == Verdict::Good && timed && reported;
            Ok(Verdict::good_if(is_complete))
        }
        Extent::Quick => Ok(Verdict::good_if(measured_and_reported(&["--quick"])?)),
    }
}

/// One benchmark of `bench/`.
fn bench(name: &str) -> Command {
    let mut command = cargo("bench");
    command.args(["--manifest-path", "bench/Cargo.toml", "--bench", name]);
    command
}

/// Builds the programs, runs them one after the other, and has the report made of what they leave.
fn measured_and_reported(arguments: &[&str]) -> Result<bool, XtaskError> {
    // Without it the report says that the gateway could not be measured, and why.
    if let Some(cure) = setup::nginx()? {
        println!("To measure the gateway behind nginx, install what is missing: {cure}");
    }
    let mut build = cargo("build");
    build.args([
        "--manifest-path",
        "bench/Cargo.toml",
        "--workspace",
        "--release",
    ]);
    if !watch(&mut build, |_| {})?.is_success() {
        return Ok(false);
    }
    // What is measured for an instant stays apart from what is shown.
    let left_in = target_dir().join(if arguments.is_empty() {
        "bench"
    } else {
        "bench/quick"
    });
    let started = |name: &str, arguments: &[&str]| {
        let mut command = program(target_dir().join("release").join(name));
        command.args(arguments);
        command.env("PORTCULLIS_BENCH_DIR", &left_in);
        // Each round begins with caches that are empty. What the last one has given back stays with the
        // program, as in a service that runs on: otherwise the kernel is measured, which clears it again.
        command.env("MALLOC_TRIM_THRESHOLD_", KEPT_BYTES);
        command.env("MALLOC_MMAP_THRESHOLD_", MAPPED_BYTES);
        watch(&mut command, |_| {})
    };
    for (name, can_be_quick) in PROGRAMS {
        println!("\n{name}");
        let arguments = if can_be_quick { arguments } else { &[] };
        if !started(name, arguments)?.is_success() {
            return Ok(false);
        }
    }
    println!();
    Ok(started("portcullis-bench-report", arguments)?.is_success())
}
