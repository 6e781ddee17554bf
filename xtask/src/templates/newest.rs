//! What becomes of the templates for those who copy them later: with the newest dependencies that their
//! manifests allow.

use std::{collections::BTreeMap, path::Path, time::Instant};

use serde::Serialize;

use super::{folder::remake, generate::generated_on_newest, lock, tests};
use crate::{
    Verdict,
    cargo::{cargo_unlocked, target_dir, workspace_root},
    error::XtaskError,
    files::read,
    reports::{Made, keep},
    watch::watch,
};

/// What came of it.
#[derive(Debug, Serialize)]
struct Report {
    templates: usize,
    dependencies: usize,
    /// Which of them are newer than in `examples/Cargo.lock`.
    newer: BTreeMap<String, String>,
    is_updated: bool,
    is_built: bool,
    /// Whether all tests ran to their end, and none of them failed.
    is_good: bool,
    tests_passed: usize,
    tests_failed: usize,
    seconds: u64,
}

/// Copies the templates, updates all they depend on, builds and tests them, and writes the report.
pub(super) fn run() -> Result<Verdict, XtaskError> {
    let started = Instant::now();
    let examples = workspace_root().join("examples");
    let copy = target_dir().join("templates/newest");
    let mut templates = copied(&examples, &copy)?;
    let manifest = copy.join("Cargo.toml");
    let cargo = |subcommand: &str| {
        let mut command = cargo_unlocked(subcommand);
        command.arg("--manifest-path").arg(&manifest);
        command
    };
    let is_updated = watch(&mut cargo("update"), |_| {})?.is_success();
    let is_built = is_updated && watch(cargo("build").arg("--workspace"), |_| {})?.is_success();
    let (mut tally, mut is_good) = if is_built {
        tests(cargo("test").args(["--workspace", "--no-fail-fast"]))?
    } else {
        Default::default()
    };
    // The one that is filled in first, which is no member of theirs.
    for mut command in generated_on_newest()? {
        let (more, has_passed) = tests(&mut command)?;
        tally += more;
        is_good &= has_passed;
        templates += 1;
    }
    let (committed, newest) = (versions(&examples)?, versions(&copy)?);
    let report = Report {
        templates,
        dependencies: newest.values().map(Vec::len).sum(),
        newer: lock::newer(&committed, &newest),
        is_updated,
        is_built,
        is_good,
        tests_passed: tally.passed,
        tests_failed: tally.failed,
        seconds: started.elapsed().as_secs(),
    };
    keep(
        "templates",
        &Made::by("cargo xtask templates --newest"),
        &report,
    )?;
    Ok(Verdict::good_if(is_good))
}

/// Copies a folder of templates; how many packages are in it. The crates of this repository stay where
/// they are, and so are named by their whole paths.
fn copied(from: &Path, to: &Path) -> Result<usize, XtaskError> {
    let crates = workspace_root().join("crates");
    let crates = crates.to_string_lossy().replace('\\', "/");
    let mut packages = 0;
    remake(from, to, &mut |path| {
        let text = read(path)?;
        if path.ends_with("Cargo.toml") {
            packages += usize::from(text.contains("[package]") && !text.contains("{{"));
        }
        Ok(Some(
            text.replace("\"../../crates/", &format!("\"{crates}/")),
        ))
    })?;
    Ok(packages)
}

fn versions(folder: &Path) -> Result<BTreeMap<String, Vec<String>>, XtaskError> {
    let path = folder.join("Cargo.lock");
    lock::versions(&read(&path)?).map_err(|reason| XtaskError::Malformed { path, reason })
}
