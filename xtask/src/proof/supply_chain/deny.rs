//! What may be built in, by `deny.toml`.

use std::{path::PathBuf, process::Command};

use crate::{cargo::program, error::XtaskError, tool::Tool};

const DENY: Tool<'static> = Tool {
    name: "cargo-deny",
    version: "0.20.2",
    options: &["--debug", "--no-default-features"],
};

/// What looks at licenses, sources and bans: in the workspace, in the templates, in the fuzzing targets, and in
/// the benchmarks without the peers, which nothing of ours is linked with.
pub(crate) fn licenses_sources_bans() -> Result<[Command; 4], XtaskError> {
    let deny = DENY.ready()?;
    let looked_at = |manifest: &str, members: &[&str]| {
        let mut command = quiet(&deny);
        command.args(["--manifest-path", manifest]).args(members);
        command.args(["check", "bans", "licenses", "sources"]);
        command
    };
    Ok([
        looked_at("Cargo.toml", &["--workspace"]),
        looked_at("examples/Cargo.toml", &["--workspace"]),
        looked_at("fuzz/Cargo.toml", &[]),
        looked_at("bench/Cargo.toml", &[]),
    ])
}

/// What fetches the advisories.
pub(super) fn fetched_advisories() -> Result<Command, XtaskError> {
    let mut command = quiet(&DENY.ready()?);
    command.args(["fetch", "db"]);
    Ok(command)
}

/// What holds the tree against the advisories that were fetched.
pub(super) fn advisories() -> Result<Command, XtaskError> {
    let mut command = quiet(&DENY.ready()?);
    command.args(["--workspace", "--offline", "check", "advisories"]);
    Ok(command)
}

fn quiet(deny: &PathBuf) -> Command {
    let mut command = program(deny);
    command.args([
        "--config",
        "deny.toml",
        "--all-features",
        "--log-level",
        "error",
    ]);
    command
}
