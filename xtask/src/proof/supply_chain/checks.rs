use std::{path::Path, process::Command};

use super::{
    Extent, bill_of_materials, compatibility,
    copy::copied,
    deny, oldest_rust,
    outcome::{Outcome, all_judged, fetched, judged},
    packages::{LIBRARIES, PUBLISHED, selected},
    release,
};
use crate::{
    cargo::{cargo_unlocked, program, target_dir, workspace_root},
    error::XtaskError,
    tool::Tool,
};

pub(super) struct Check {
    /// What it is called on the command line.
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) run: fn(&Extent) -> Result<Outcome, XtaskError>,
}

/// The quick ones first.
pub(super) const ALL: [Check; 13] = [
    check("deny", "licenses, sources and bans", licenses_sources_bans),
    check("advisories", "advisories", advisories),
    check(
        "rust-versions",
        "the oldest Rust that dependencies want",
        |_| oldest_rust::wanted(),
    ),
    check("bill", "bill of materials", |_| bill_of_materials::made()),
    check("release", "a release on trial", |_| release::tried()),
    check("each-feature", "each feature alone", each_feature),
    check("features", "all sets of features", feature_powerset),
    check("oldest-rust", "built with the oldest Rust", |_| {
        oldest_rust::built()
    }),
    check(
        "oldest-dependencies",
        "built with the oldest direct dependencies",
        minimal_versions,
    ),
    check(
        "types",
        "types of other crates in the public API",
        external_types,
    ),
    check("docs", "documentation as docs.rs builds it", docs_rs),
    check("semver", "compatible with the last release", |extent| {
        compatibility::held(extent.baseline())
    }),
    check("publish", "publishing, up to the upload", publish),
];

const fn check(
    id: &'static str,
    name: &'static str,
    run: fn(&Extent) -> Result<Outcome, XtaskError>,
) -> Check {
    Check { id, name, run }
}

const HACK: Tool<'static> = tool("cargo-hack", "0.6.46");
const EXTERNAL_TYPES: Tool<'static> = tool("cargo-check-external-types", "0.5.0");

/// Built without optimisation, which would take longer than it saves.
pub(super) const fn tool(name: &'static str, version: &'static str) -> Tool<'static> {
    Tool {
        name,
        version,
        options: &["--debug"],
    }
}

fn licenses_sources_bans(_: &Extent) -> Result<Outcome, XtaskError> {
    all_judged(&mut deny::licenses_sources_bans()?)
}

fn advisories(_: &Extent) -> Result<Outcome, XtaskError> {
    fetched(&mut deny::fetched_advisories()?, &mut deny::advisories()?)
}

fn each_feature(_: &Extent) -> Result<Outcome, XtaskError> {
    hack("--each-feature")
}

/// All of them, since no crate has more than three: no bound is needed on how many go together.
fn feature_powerset(_: &Extent) -> Result<Outcome, XtaskError> {
    hack("--feature-powerset")
}

fn hack(which: &str) -> Result<Outcome, XtaskError> {
    let mut command = program(HACK.ready()?);
    command.args(["hack", "check", "--locked", which]);
    command.args(selected(&PUBLISHED));
    command.env("RUSTFLAGS", "-D warnings");
    judged(command.env("CARGO_TARGET_DIR", target_dir().join("proof/features")))
}

/// `direct-minimal-versions` is what the manifests promise; what those need in turn is as new as it is.
fn minimal_versions(_: &Extent) -> Result<Outcome, XtaskError> {
    let copy = copied("minimal-versions")?;
    let mut update = inside(&copy, "update");
    update.args(["-Z", "direct-minimal-versions"]);
    update.env("RUSTC_BOOTSTRAP", "1");
    let mut build = inside(&copy, "build");
    build.args(["--locked", "--all-features"]);
    build.args(selected(&PUBLISHED));
    build.env("CARGO_TARGET_DIR", target_dir());
    all_judged(&mut [update, build])
}

fn inside(folder: &Path, subcommand: &str) -> Command {
    let mut command = cargo_unlocked(subcommand);
    command.current_dir(folder);
    command
}

/// The allow-list stands in each crate's manifest.
fn external_types(_: &Extent) -> Result<Outcome, XtaskError> {
    if !has_toolchain("nightly") {
        return Ok(no_toolchain("nightly"));
    }
    let tool = EXTERNAL_TYPES.ready()?;
    let mut checks = LIBRARIES.map(|library| {
        let mut check = program(&tool);
        check.args(["check-external-types", "--all-features"]);
        check.current_dir(workspace_root().join("crates").join(library));
        check.env("RUSTUP_TOOLCHAIN", "nightly");
        check.env("CARGO_TARGET_DIR", target_dir().join("proof/nightly"));
        check
    });
    all_judged(&mut checks)
}

fn docs_rs(_: &Extent) -> Result<Outcome, XtaskError> {
    if !has_toolchain("nightly") {
        return Ok(no_toolchain("nightly"));
    }
    let mut doc = program("rustup");
    doc.args(["run", "nightly", "cargo", "doc"]);
    doc.args(["--locked", "--no-deps", "--lib", "--all-features"]);
    doc.args(selected(&LIBRARIES));
    doc.env("RUSTDOCFLAGS", "--cfg docsrs -D warnings");
    doc.env("DOCS_RS", "1");
    doc.env("CARGO_TARGET_DIR", target_dir().join("proof/nightly"));
    judged(&mut doc)
}

/// What would be uploaded is built from the archive alone.
fn publish(_: &Extent) -> Result<Outcome, XtaskError> {
    let mut publish = cargo_unlocked("publish");
    publish.args(["--workspace", "--dry-run", "--locked"]);
    judged(&mut publish)
}

/// Whether rustup can run a toolchain of this name.
pub(super) fn has_toolchain(name: &str) -> bool {
    let mut rustc = program("rustup");
    rustc.args(["run", name, "rustc", "--version"]);
    rustc.output().is_ok_and(|output| output.status.success())
}

pub(super) fn no_toolchain(name: &str) -> Outcome {
    Outcome::NotRun(format!("needs `rustup toolchain install {name}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_check_has_a_name_of_its_own() {
        let mut ids = ALL.map(|check| check.id);
        ids.sort_unstable();
        assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "{ids:?}");
    }
}
