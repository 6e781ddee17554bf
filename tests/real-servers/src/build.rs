//! Programs of the project, as processes of a suite.

use std::{env, ffi::OsStr, fs, path::PathBuf, process::Command, time::Duration};

use serde_json::Value;

use crate::{Suite, SuiteError, Supervised, tail, workspace};

const LIMIT: Duration = Duration::from_secs(1200);

/// Has cargo build what the arguments name, and tell where the executable of this name went. Its log is in
/// the folder of the suite's run.
///
/// # Errors
/// When it does not build; the error has the end of the log.
pub async fn built<A: AsRef<OsStr>>(
    suite: &Suite,
    name: &str,
    arguments: impl IntoIterator<Item = A>,
) -> Result<PathBuf, SuiteError> {
    let log = suite.run_dir()?.join(format!("{name}-build.log"));
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["build", "--message-format=json-render-diagnostics"])
        .args(arguments)
        .current_dir(workspace());
    let mut cargo = Supervised::spawn("cargo build", cargo, &log, &[])?;
    let what = format!("building {name}");
    let status = suite.during(&what, cargo.wait(LIMIT)).await?;
    let text = fs::read_to_string(&log).map_err(SuiteError::file("reading", &log))?;
    let mut executables = text.lines().filter_map(|line| executable(line, name));
    match executables.next_back() {
        Some(path) if status.success() => Ok(path),
        _ => Err(SuiteError::Program {
            program: format!("cargo build of {name}"),
            problem: status.to_string(),
            tail: tail(&log),
        }),
    }
}

/// The same with the template of this name, which has the features that all templates have together: of others, what it
/// depends on would be built once more.
///
/// # Errors
/// As for [`built`].
pub async fn template(suite: &Suite, name: &str) -> Result<PathBuf, SuiteError> {
    let manifest = ["--manifest-path", "examples/Cargo.toml"];
    let arguments = [&manifest[..], &["--workspace", "--bin", name]].concat();
    built(suite, name, arguments).await
}

fn executable(line: &str, name: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(line).ok()?;
    let is_wanted = message.get("target")?.get("name")? == name;
    let path = message.get("executable")?.as_str()?;
    is_wanted.then(|| path.into())
}
