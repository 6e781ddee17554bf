//! A program under test, beside the server that it asks.

mod output;

use std::{
    ffi::{OsStr, OsString},
    io,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use tokio::process::{Child, Command};

use self::output::Output;

/// How long a program may take to say something or to end, on a slow machine that does other things.
const PATIENCE: Duration = Duration::from_secs(60);

/// What programs need of the environment of the test, on whatever system, to be started at all. All
/// else they are given: no test depends on what somebody has exported.
const INHERITED: [&str; 6] = [
    "PATH",
    "HOME",
    "SystemRoot",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "LLVM_PROFILE_FILE",
];

/// Describes a [`Program`].
#[derive(Debug)]
#[must_use = "a program does not run until it is started"]
pub struct ProgramBuilder {
    path: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
}

impl ProgramBuilder {
    /// A variable of its environment, which has no others but those that every program needs.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.environment
            .push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// One more argument.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Starts it.
    ///
    /// # Errors
    /// [`ProgramError::Start`] when the operating system does not.
    pub fn start(self) -> Result<Program, ProgramError> {
        let inherited = INHERITED
            .into_iter()
            .filter_map(|name| Some((name, std::env::var_os(name)?)));
        let mut process = Command::new(&self.path)
            .args(self.arguments)
            .env_clear()
            .envs(inherited)
            .envs(self.environment)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| ProgramError::Start {
                path: self.path,
                source,
            })?;
        Ok(Program {
            stdout: process.stdout.take().map(Output::of).unwrap_or_default(),
            stderr: process.stderr.take().map(Output::of).unwrap_or_default(),
            process,
        })
    }
}

/// A program under test: the built executable, as those who run it start it, with an environment of
/// its own. It ends when dropped.
///
/// ```no_run
/// use portcullis_testing::{AuthorizationServer, Program};
///
/// # async fn test() -> Result<(), Box<dyn std::error::Error>> {
/// let server = AuthorizationServer::start().await?;
/// # let executable = "";
/// // In an integration test: `env!("CARGO_BIN_EXE_orders-api")`.
/// let mut program = Program::at(executable)
///     .env("ISSUER", server.issuer())
///     .env("LISTEN", "127.0.0.1:0")
///     .start()?;
/// let url = program.line_after("listening on ").await?;
/// assert!(url.starts_with("http://127.0.0.1:"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Program {
    process: Child,
    stdout: Output,
    stderr: Output,
}

impl Program {
    /// The executable at this path; cargo tells integration tests that of their own package in
    /// `CARGO_BIN_EXE_<name>`.
    pub fn at(path: impl Into<PathBuf>) -> ProgramBuilder {
        ProgramBuilder {
            path: path.into(),
            arguments: Vec::new(),
            environment: Vec::new(),
        }
    }

    /// Waits for a line of its standard output that begins with this text, and gives what follows:
    /// where it listens, for example. Lines that begin otherwise are passed over.
    ///
    /// # Errors
    /// [`ProgramError::Unsaid`] when it ends, or a minute passes, without such a line; with what it
    /// wrote instead.
    pub async fn line_after(&mut self, beginning: &str) -> Result<String, ProgramError> {
        let line = self.stdout.line_after(beginning);
        if let Ok(Some(rest)) = tokio::time::timeout(PATIENCE, line).await {
            return Ok(rest);
        }
        Err(ProgramError::Unsaid {
            beginning: beginning.to_owned(),
            log: self.stderr.text(),
        })
    }

    /// What it has written to standard error so far: its log.
    #[must_use]
    pub fn log(&self) -> String {
        self.stderr.text()
    }

    /// Asks it to stop, as an orchestrator does: SIGTERM. [`end`](Self::end) waits until it has.
    ///
    /// # Errors
    /// [`ProgramError::End`] when it has ended already, or the operating system does not pass it on.
    #[cfg(unix)]
    pub fn terminate(&self) -> Result<(), ProgramError> {
        use rustix::process::{Pid, Signal, kill_process};

        let id = self.process.id().and_then(|id| i32::try_from(id).ok());
        let process = id.and_then(Pid::from_raw);
        let process = process.ok_or_else(|| ProgramError::End(io::ErrorKind::NotFound.into()))?;
        kill_process(process, Signal::TERM).map_err(|error| ProgramError::End(error.into()))
    }

    /// Ends it. Its whole log.
    ///
    /// # Errors
    /// [`ProgramError::End`] when the operating system cannot end it.
    pub async fn kill(mut self) -> Result<String, ProgramError> {
        self.process.kill().await.map_err(ProgramError::End)?;
        Ok(self.stderr.whole().await)
    }

    /// Waits until it ends by itself: how it ended, all of its standard output, and its log.
    ///
    /// # Errors
    /// [`ProgramError::Endless`] when it still runs after a minute, [`ProgramError::End`] when it is
    /// lost.
    pub async fn end(mut self) -> Result<(ExitStatus, String, String), ProgramError> {
        let status = match tokio::time::timeout(PATIENCE, self.process.wait()).await {
            Ok(ended) => ended.map_err(ProgramError::End)?,
            Err(_) => {
                return Err(ProgramError::Endless {
                    log: self.stderr.text(),
                });
            }
        };
        Ok((status, self.stdout.whole().await, self.stderr.whole().await))
    }
}

/// A program under test did not do what the test waited for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProgramError {
    /// It could not be started.
    #[error("cannot start `{}`", path.display())]
    Start {
        /// The executable.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// It did not say what was waited for.
    #[error("the program said nothing that begins with `{beginning}`; its log:\n{log}")]
    Unsaid {
        /// How the line was to begin.
        beginning: String,
        /// What it wrote to standard error.
        log: String,
    },
    /// It did not end.
    #[error("the program still runs; its log:\n{log}")]
    Endless {
        /// What it wrote to standard error.
        log: String,
    },
    /// It could not be ended, or waited for.
    #[error("the program was lost")]
    End(#[source] io::Error),
}
