use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use serde_json::Value;
use tokio::sync::OnceCell;

use portcullis_real_servers::{Supervised, tail, workspace};

use crate::{SUITE, SuiteError};

use super::Template;

const LIMIT: Duration = Duration::from_secs(1200);

impl Template {
    /// The template's executable; built by the first who asks.
    pub(super) async fn binary(self) -> Result<&'static Path, SuiteError> {
        static BINARIES: [OnceCell<PathBuf>; 2] = [const { OnceCell::const_new() }; 2];
        let [keycloak, instant_logout] = &BINARIES;
        let binary = match self {
            Self::Keycloak => keycloak,
            Self::InstantLogout => instant_logout,
        };
        let building = || SUITE.during("building the example", build(self.name()));
        binary.get_or_try_init(building).await.map(PathBuf::as_path)
    }
}

/// Builds as its README says, and has cargo tell where the executable went.
async fn build(name: &str) -> Result<PathBuf, SuiteError> {
    let manifest = workspace().join("examples").join(name).join("Cargo.toml");
    let run = SUITE.run_dir()?;
    let log = run.join(format!("{name}-build.log"));
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args([
            "build",
            "--message-format=json-render-diagnostics",
            "--manifest-path",
        ])
        .arg(&manifest);
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
            program: format!("cargo build --manifest-path examples/{name}/Cargo.toml"),
            problem: status.to_string(),
            tail: tail(&log),
        }),
    }
}

fn executable(line: &str, name: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(line).ok()?;
    let is_example = message.get("target")?.get("name")? == name;
    let path = message.get("executable")?.as_str()?;
    is_example.then(|| path.into())
}
