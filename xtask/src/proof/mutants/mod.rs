//! Tests of the tests: the library is changed in one place after the other, by cargo-mutants, and each time a
//! test has to fail. What survives is listed with the reason in `tests/mutants.toml`, or it is a failure.

mod report;
mod shard;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use self::report::Found;
pub(crate) use self::shard::Shard;
use crate::{
    Verdict,
    cargo::{program, target_dir},
    error::XtaskError,
    files::unwritable,
    tool::Tool,
    watch::watch_for,
};

const MUTANTS: Tool<'static> = Tool {
    name: "cargo-mutants",
    version: "27.1.0",
    options: &["--debug"],
};
/// The rooms that are looked at first: where most of what lets somebody in is decided, though not all of it.
const ROOMS: [&str; 5] = [
    "authenticate",
    "verify",
    "binding",
    "revocation",
    "rejection",
];
const LIMIT: Duration = Duration::from_secs(48 * 60 * 60);

/// `cargo xtask proof mutants`: one part of them, or all.
pub(super) fn run(shard: Option<Shard>) -> Result<Verdict, XtaskError> {
    let shard = shard.unwrap_or(Shard::ALL);
    let folder = target_dir()
        .join("proof/mutants")
        .join(shard.to_string().replace('/', "-of-"));
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(unwritable(&folder))?;
    }
    let tool = MUTANTS.ready()?;
    // Most are caught by the library's own tests, which are quick; the checklist is asked about the others.
    let own = tested(&tool, shard, &folder, &["portcullis"], false)?;
    let by_checklist = tested(&tool, shard, &folder, &["portcullis-conformance"], true)?;
    report::keep(shard, own.then(by_checklist))
}

/// What becomes of the mutants that are left, by the tests of these packages.
fn tested(
    tool: &Path,
    shard: Shard,
    folder: &Path,
    packages: &[&str],
    is_second: bool,
) -> Result<Found, XtaskError> {
    let mut mutants = program(tool);
    mutants.args([
        "mutants",
        "--package",
        "portcullis",
        "--all-features",
        "--no-shuffle",
        "--colors=never",
    ]);
    mutants.args(["--exclude", "**/tests.rs", "--exclude", "**/tests/**"]);
    for room in ROOMS {
        mutants.args(["--file", &format!("crates/portcullis/src/{room}/**/*.rs")]);
    }
    for package in packages {
        mutants.args(["--test-package", package]);
    }
    if is_second {
        mutants.arg("--iterate");
    }
    mutants.args([
        "--shard",
        &shard.to_string(),
        "--minimum-test-timeout",
        "120",
    ]);
    mutants.arg("--output").arg(folder).args(["--", "--tests"]);
    mutants
        .env("CARGO_INCREMENTAL", "1")
        .env_remove("CARGO_TARGET_DIR");
    let ending = watch_for(LIMIT, &mut mutants, |_| {})?;
    // 2 says that some survived, 3 that some ran out of time: both are told by the lists.
    if matches!(ending.code(), Some(0 | 2 | 3)) {
        Found::read(&folder.join("mutants.out"))
    } else {
        Err(XtaskError::Malformed {
            path: PathBuf::from("cargo mutants"),
            reason: format!("it could not be done: {ending}"),
        })
    }
}
