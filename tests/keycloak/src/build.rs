//! Programs of the project, built by the first who asks.

use std::{env, ffi::OsStr, fs, path::PathBuf, process::Command, time::Duration};

use portcullis_real_servers::{Supervised, tail, workspace};
use serde_json::Value;

use crate::{SUITE, SuiteError};

const LIMIT: Duration = Duration::from_secs(1200);

/// Has cargo build what the arguments name, and tell where the executable went.
pub(crate) async fn build<A: AsRef<OsStr>>(
    name: &str,
    arguments: impl IntoIterator<Item = A>,
) -> Result<PathBuf, SuiteError> {
    let log = SUITE.run_dir()?.join(format!("{name}-build.log"));
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["build", "--message-format=json-render-diagnostics"])
        .args(arguments)
        .current_dir(workspace());
    let mut cargo = Supervised::spawn("cargo build", cargo, &log, &[])?;
    let status = cargo.wait(LIMIT).await?;
    let text = fs::read_to_string(&log).map_err(SuiteError::file("reading", &log))?;
    let executable = text
        .lines()
        .filter_map(|line| executable(line, name))
        .next_back();
    match executable {
        Some(path) if status.success() => Ok(path),
        _ => Err(SuiteError::Program {
            program: format!("cargo build of {name}"),
            problem: status.to_string(),
            tail: tail(&log),
        }),
    }
}

fn executable(line: &str, name: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(line).ok()?;
    let is_wanted = message.get("target")?.get("name")? == name;
    let path = message.get("executable")?.as_str()?;
    is_wanted.then(|| path.into())
}
