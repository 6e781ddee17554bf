//! A child process that does not outlive this one.

use std::{
    ffi::OsString,
    fs::OpenOptions,
    io::Write,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use tokio::time::sleep;

use crate::{SuiteError, tail};

/// Waits on a pipe whose other end only this process holds. A line: the child has ended, all is
/// well. End of file: whoever held the pipe is gone, however that came about; end the child's
/// group, then run what cleans up after it.
const WATCHDOG: &str = r#"
if read -r line; then exit 0; fi
kill -KILL "-$1" 2>/dev/null
shift
if [ $# -gt 0 ]; then exec "$@"; fi
"#;

/// A child in a process group of its own, with a watchdog that ends the group when this value is
/// dropped and also when this process is killed.
#[derive(Debug)]
pub struct Supervised {
    name: String,
    child: Child,
    log: PathBuf,
    watchdog: Child,
    lifeline: Option<ChildStdin>,
}

impl Supervised {
    /// Starts `command` with its output appended to `log`. `cleanup` is run after the group was
    /// killed, not after an orderly [`end`](Self::end).
    ///
    /// # Errors
    /// When the log cannot be opened or a program cannot be started.
    pub fn spawn(
        name: &str,
        mut command: Command,
        log: &Path,
        cleanup: &[OsString],
    ) -> Result<Self, SuiteError> {
        let open = || {
            let mut options = OpenOptions::new();
            options.create(true).append(true).open(log)
        };
        let stdout = open().map_err(SuiteError::file("opening", log))?;
        let stderr = open().map_err(SuiteError::file("opening", log))?;
        let failed = |program: &str| {
            let program = program.to_owned();
            move |source: std::io::Error| SuiteError::Program {
                program,
                problem: format!("cannot be started: {source}"),
                tail: String::new(),
            }
        };
        let mut child = command
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(stderr)
            .process_group(0)
            .spawn()
            .map_err(failed(name))?;
        let watchdog = Command::new("sh")
            .args(["-c", WATCHDOG, "watchdog"])
            .arg(child.id().to_string())
            .args(cleanup)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn();
        let mut watchdog = match watchdog {
            Ok(watchdog) => watchdog,
            Err(source) => {
                let _ = child.kill();
                return Err(failed("sh")(source));
            }
        };
        Ok(Self {
            name: name.to_owned(),
            lifeline: watchdog.stdin.take(),
            child,
            log: log.to_owned(),
            watchdog,
        })
    }

    /// Runs a program that ends by itself and has to end well, with its output appended to `log`.
    ///
    /// # Errors
    /// When it cannot be started, takes longer than `limit`, or ends otherwise; the error has the end of
    /// its log.
    pub async fn run(
        name: &str,
        command: Command,
        log: &Path,
        limit: Duration,
    ) -> Result<(), SuiteError> {
        let status = Self::spawn(name, command, log, &[])?.wait(limit).await?;
        if status.success() {
            return Ok(());
        }
        Err(SuiteError::Program {
            program: name.to_owned(),
            problem: status.to_string(),
            tail: tail(log),
        })
    }

    /// The file that its output is appended to.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// For loops that wait for it to do something.
    ///
    /// # Errors
    /// Once the child has ended; the error has the end of its log.
    pub fn check(&mut self) -> Result<(), SuiteError> {
        match self.ended() {
            None => Ok(()),
            Some(status) => Err(SuiteError::Program {
                program: self.name.clone(),
                problem: format!("ended by itself: {status}"),
                tail: tail(&self.log),
            }),
        }
    }

    /// Waits for the child to end by itself.
    ///
    /// # Errors
    /// When it still runs after `limit`; the error has the end of its log.
    pub async fn wait(&mut self, limit: Duration) -> Result<ExitStatus, SuiteError> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.ended() {
                return Ok(status);
            }
            if begun.elapsed() > limit {
                return Err(SuiteError::TimedOut {
                    what: format!("{} should have ended", self.name),
                    limit,
                    tail: tail(&self.log),
                });
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Sends a signal, such as `STOP`, to the child alone, or to its whole group.
    ///
    /// # Errors
    /// When there is no such process any more.
    pub fn signal(&self, signal: &str, whole_group: bool) -> Result<(), SuiteError> {
        let target = if whole_group {
            format!("-{}", self.child.id())
        } else {
            self.child.id().to_string()
        };
        // Without `--`, which not every shell's kill takes.
        let script = r#"kill -"$1" "$2""#;
        let status = Command::new("sh")
            .args(["-c", script, "kill", signal, &target])
            .status();
        match status {
            Ok(status) if status.success() => Ok(()),
            other => Err(SuiteError::Program {
                program: self.name.clone(),
                problem: format!("cannot be sent {signal}: {other:?}"),
                tail: tail(&self.log),
            }),
        }
    }

    /// Ends the whole group in the middle of what it does, and sends the watchdog home: what it has written
    /// stays.
    ///
    /// # Errors
    /// When it has ended before, or does not end within `limit`.
    pub async fn kill(self, limit: Duration) -> Result<(), SuiteError> {
        self.signal("KILL", true)?;
        self.gone(limit).await
    }

    /// Asks the child to end, waits for it, and sends the watchdog home.
    ///
    /// # Errors
    /// When it does not end within `limit`. It is killed then.
    pub async fn end(self, limit: Duration) -> Result<(), SuiteError> {
        self.signal("TERM", false)?;
        self.gone(limit).await
    }

    async fn gone(mut self, limit: Duration) -> Result<(), SuiteError> {
        self.wait(limit).await?;
        if let Some(mut lifeline) = self.lifeline.take() {
            let _ = lifeline.write_all(b"done\n");
        }
        Ok(())
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        // Closing the pipe is what the watchdog waits for.
        self.lifeline = None;
        let _ = self.watchdog.wait();
        // The watchdog has done it already, unless there is no shell that works.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
