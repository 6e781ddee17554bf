//! `portcullis`, the command line program of the project.

use std::{
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::Duration,
};

use portcullis_real_servers::built;
use tokio::{io::AsyncWriteExt, process::Command, sync::OnceCell, time::timeout};

use crate::{SUITE, SuiteError};

const LIMIT: Duration = Duration::from_secs(60);

/// One run of `portcullis`.
#[derive(Debug, Clone, Default)]
pub struct CommandLine<'a> {
    /// What it is started by, such as `faketime`; nothing unless set.
    pub under: &'a [&'a str],
    /// Its arguments.
    pub arguments: Vec<&'a str>,
    /// Its environment, beside the path.
    pub environment: Vec<(&'a str, &'a str)>,
    /// What it reads.
    pub stdin: &'a str,
}

impl CommandLine<'_> {
    /// Builds the program, unless it is built, and runs it to its end.
    ///
    /// # Errors
    /// When it does not build or start, or does not end within a minute.
    pub async fn run(&self) -> Result<Output, SuiteError> {
        let binary = binary().await?;
        let mut command = match self.under.split_first() {
            None => Command::new(binary),
            Some((program, arguments)) => {
                let mut command = Command::new(program);
                command.args(arguments).arg(binary);
                command
            }
        };
        let failed = |source: std::io::Error| SuiteError::Program {
            program: "portcullis".to_owned(),
            problem: source.to_string(),
            tail: String::new(),
        };
        let mut process = command
            .args(&self.arguments)
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .envs(self.environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        if let Some(mut stdin) = process.stdin.take() {
            stdin
                .write_all(self.stdin.as_bytes())
                .await
                .map_err(failed)?;
        }
        match timeout(LIMIT, process.wait_with_output()).await {
            Ok(output) => output.map_err(failed),
            Err(_) => Err(SuiteError::TimedOut {
                what: "the end of `portcullis`".to_owned(),
                limit: LIMIT,
                tail: String::new(),
            }),
        }
    }
}

async fn binary() -> Result<&'static Path, SuiteError> {
    static BINARY: OnceCell<PathBuf> = OnceCell::const_new();
    let arguments = ["--package", "portcullis-cli"];
    let building = || built(&SUITE, "portcullis", arguments);
    BINARY.get_or_try_init(building).await.map(PathBuf::as_path)
}
