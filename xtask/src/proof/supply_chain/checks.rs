use std::{path::Path, process::Command, time::Duration};

use super::{copy::copied, deny};
use crate::{
    cargo::{cargo_unlocked, program, shown, target_dir, workspace_root},
    error::XtaskError,
    tool::Tool,
    watch::{Ending, watch_for},
};

/// Longer than any of them takes on two cores that are busy.
const LIMIT: Duration = Duration::from_secs(90 * 60);

pub(super) struct Check {
    pub(super) name: &'static str,
    pub(super) run: fn() -> Result<Outcome, XtaskError>,
}

pub(super) enum Outcome {
    Good,
    /// What is wrong.
    Bad(String),
    /// What is missing on this machine.
    NotRun(String),
}

pub(super) const ALL: [Check; 9] = [
    check("licenses, sources and bans", licenses_sources_bans),
    check("advisories", advisories),
    check("each feature alone", each_feature),
    check("all sets of features", feature_powerset),
    check("oldest direct dependencies", minimal_versions),
    check("types of other crates in the public API", external_types),
    check("documentation as docs.rs builds it", docs_rs),
    check("bill of materials", bill_of_materials),
    check("publishing, up to the upload", publish),
];

const fn check(name: &'static str, run: fn() -> Result<Outcome, XtaskError>) -> Check {
    Check { name, run }
}

/// What is published.
const PUBLISHED: [&str; 7] = [
    "portcullis",
    "portcullis-axum",
    "portcullis-cli",
    "portcullis-gateway",
    "portcullis-redis",
    "portcullis-testing",
    "portcullis-tonic",
];
const LIBRARIES: [&str; 5] = [
    "portcullis",
    "portcullis-axum",
    "portcullis-redis",
    "portcullis-testing",
    "portcullis-tonic",
];

const HACK: Tool<'static> = tool("cargo-hack", "0.6.46");
const EXTERNAL_TYPES: Tool<'static> = tool("cargo-check-external-types", "0.5.0");
const CYCLONEDX: Tool<'static> = tool("cargo-cyclonedx", "0.5.9");

/// Built without optimisation, which would take longer than it saves.
const fn tool(name: &'static str, version: &'static str) -> Tool<'static> {
    Tool {
        name,
        version,
        options: &["--debug"],
    }
}

fn licenses_sources_bans() -> Result<Outcome, XtaskError> {
    all_judged(&mut deny::licenses_sources_bans()?)
}

fn advisories() -> Result<Outcome, XtaskError> {
    fetched(&mut deny::fetched_advisories()?, &mut deny::advisories()?)
}

/// Where nothing could be fetched, nothing was looked at; what is found in it is bad.
fn fetched(fetch: &mut Command, look: &mut Command) -> Result<Outcome, XtaskError> {
    match judged(fetch)? {
        Outcome::Good => judged(look),
        Outcome::Bad(what) | Outcome::NotRun(what) => Ok(Outcome::NotRun(what)),
    }
}

fn each_feature() -> Result<Outcome, XtaskError> {
    hack("--each-feature")
}

fn feature_powerset() -> Result<Outcome, XtaskError> {
    hack("--feature-powerset")
}

fn hack(which: &str) -> Result<Outcome, XtaskError> {
    let mut command = program(HACK.ready()?);
    command.args(["hack", "check", "--locked", which]);
    for package in PUBLISHED {
        command.args(["--package", package]);
    }
    judged(command.env("RUSTFLAGS", "-D warnings"))
}

/// `direct-minimal-versions` is what the manifests promise; what those need in turn is as new as it is.
fn minimal_versions() -> Result<Outcome, XtaskError> {
    let copy = copied("minimal-versions")?;
    let mut update = inside(&copy, "update");
    update.args(["-Z", "direct-minimal-versions"]);
    update.env("RUSTC_BOOTSTRAP", "1");
    let mut check = inside(&copy, "check");
    check.arg("--all-features");
    for package in PUBLISHED {
        check.args(["--package", package]);
    }
    check.env("CARGO_TARGET_DIR", target_dir());
    all_judged(&mut [update, check])
}

fn inside(folder: &Path, subcommand: &str) -> Command {
    let mut command = cargo_unlocked(subcommand);
    command.current_dir(folder);
    command
}

/// The allow-list stands in each crate's manifest.
fn external_types() -> Result<Outcome, XtaskError> {
    if !is_nightly_here() {
        return Ok(Outcome::NotRun(
            "needs `rustup toolchain install nightly`".into(),
        ));
    }
    let tool = EXTERNAL_TYPES.ready()?;
    let mut checks = LIBRARIES.map(|library| {
        let mut check = program(&tool);
        check.args(["check-external-types", "--all-features"]);
        check.current_dir(workspace_root().join("crates").join(library));
        check.env("RUSTUP_TOOLCHAIN", "nightly");
        check
    });
    all_judged(&mut checks)
}

fn docs_rs() -> Result<Outcome, XtaskError> {
    if !is_nightly_here() {
        return Ok(Outcome::NotRun(
            "needs `rustup toolchain install nightly`".into(),
        ));
    }
    let mut doc = program("rustup");
    doc.args([
        "run",
        "nightly",
        "cargo",
        "doc",
        "--locked",
        "--no-deps",
        "--lib",
        "--all-features",
    ]);
    for library in LIBRARIES {
        doc.args(["--package", library]);
    }
    doc.env("RUSTDOCFLAGS", "--cfg docsrs -D warnings")
        .env("DOCS_RS", "1");
    doc.env("CARGO_TARGET_DIR", target_dir().join("proof/docs-rs"));
    judged(&mut doc)
}

/// In `CycloneDX`, one beside each manifest below `target/proof/sbom`.
fn bill_of_materials() -> Result<Outcome, XtaskError> {
    let copy = copied("sbom")?;
    let mut sbom = program(CYCLONEDX.ready()?);
    sbom.args([
        "cyclonedx",
        "--format",
        "json",
        "--all-features",
        "--manifest-path",
    ]);
    judged(sbom.arg(copy.join("Cargo.toml")))
}

fn publish() -> Result<Outcome, XtaskError> {
    let mut publish = cargo_unlocked("publish");
    publish.args([
        "--workspace",
        "--dry-run",
        "--locked",
        "--no-default-features",
    ]);
    judged(&mut publish)
}

fn is_nightly_here() -> bool {
    let mut rustc = program("rustup");
    rustc.args(["run", "nightly", "rustc", "--version"]);
    rustc.output().is_ok_and(|output| output.status.success())
}

/// One after the other, up to the first that is bad.
fn all_judged(commands: &mut [Command]) -> Result<Outcome, XtaskError> {
    for command in commands {
        if let outcome @ Outcome::Bad(_) = judged(command)? {
            return Ok(outcome);
        }
    }
    Ok(Outcome::Good)
}

fn judged(command: &mut Command) -> Result<Outcome, XtaskError> {
    let ending: Ending = watch_for(LIMIT, command, |_| {})?;
    Ok(if ending.is_success() {
        Outcome::Good
    } else {
        Outcome::Bad(format!("`{}`: {ending}", shown(command)))
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn only_what_could_be_looked_at_is_good_or_bad() {
        let outcome = |fetch: &str, look: &str| {
            let (mut fetch, mut look) = (Command::new(fetch), Command::new(look));
            fetched(&mut fetch, &mut look).unwrap()
        };
        assert!(matches!(outcome("true", "true"), Outcome::Good));
        assert!(matches!(outcome("true", "false"), Outcome::Bad(_)));
        assert!(matches!(outcome("false", "true"), Outcome::NotRun(_)));
        assert!(matches!(outcome("false", "false"), Outcome::NotRun(_)));
    }
}
