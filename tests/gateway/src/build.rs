use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use portcullis_real_servers::{Supervised, tail, workspace};
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::{SUITE, SuiteError};

const NAME: &str = "portcullis-gateway";
const LIMIT: Duration = Duration::from_secs(1200);

/// The executable of the forward-auth server; built by the first who asks.
pub(crate) async fn binary() -> Result<&'static Path, SuiteError> {
    static BINARY: OnceCell<PathBuf> = OnceCell::const_new();
    let building = || SUITE.during("building portcullis-gateway", build());
    BINARY.get_or_try_init(building).await.map(PathBuf::as_path)
}

/// Has cargo tell where the executable went.
async fn build() -> Result<PathBuf, SuiteError> {
    let log = SUITE.run_dir()?.join("build.log");
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args([
            "build",
            "--message-format=json-render-diagnostics",
            "--package",
            NAME,
        ])
        .current_dir(workspace());
    let mut cargo = Supervised::spawn("cargo build", cargo, &log, &[])?;
    let status = cargo.wait(LIMIT).await?;
    let text = fs::read_to_string(&log).map_err(SuiteError::file("reading", &log))?;
    let executable = text.lines().filter_map(executable).next_back();
    match executable {
        Some(path) if status.success() => Ok(path),
        _ => Err(SuiteError::Program {
            program: format!("cargo build --package {NAME}"),
            problem: status.to_string(),
            tail: tail(&log),
        }),
    }
}

fn executable(line: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(line).ok()?;
    let is_ours = message.get("target")?.get("name")? == NAME;
    let path = message.get("executable")?.as_str()?;
    is_ours.then(|| path.into())
}
