use std::{
    ffi::OsStr,
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
    thread,
    time::Duration,
};

use super::{kept_keys, switch};
use crate::{
    error::XtaskError,
    files::{malformed, unwritable},
    libtest::{Line, Outcome},
    process_tree,
};

/// How often is looked whether a program has ended.
const TICK: Duration = Duration::from_millis(5);
/// A mutant may take all memory there is: it gets this much, in KiB.
const MEMORY: &str = "8000000";
/// Many tests wait for a server of theirs.
pub(super) const AT_A_TIME: u32 = 4;
const OPTIONS: [&str; 2] = ["-Zunstable-options", "--exact"];
/// Crowds of ten thousands take longer than all the rest, and are about speed.
const SKIPPED: &str = "keys_in_a_crowd";

/// A program of tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Program {
    name: String,
    executable: PathBuf,
    /// Where it is run: the folder of its package.
    folder: PathBuf,
}

/// What came of some tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ending {
    Green,
    /// These failed, and others were not begun after that. None is named where the program itself has ended before
    /// its time.
    Red(Vec<String>),
    TookTooLong,
}

/// What the library in a program is told.
#[derive(Debug, Clone, Copy)]
pub(super) enum Told<'a> {
    /// To be itself.
    Nothing,
    /// To be this mutant.
    Mutant(usize),
    /// To be itself, and to write down where it comes by; what the program says is kept, too.
    Record { record: &'a Path, said: &'a Path },
}

impl Program {
    pub(super) fn new(name: String, executable: PathBuf, folder: PathBuf) -> Self {
        Self {
            name,
            executable,
            folder,
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn executable(&self) -> &Path {
        &self.executable
    }

    /// The names of its tests.
    pub(super) fn tests(&self) -> Result<Vec<String>, XtaskError> {
        let output = Command::new(&self.executable).arg("--list").output();
        let output = output.map_err(|source| self.not_started(source))?;
        if !output.status.success() {
            return Err(malformed(&self.executable, "it lists no tests".into()));
        }
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let tests = text.lines().filter_map(|line| line.strip_suffix(": test"));
        let tests = tests.filter(|name| !name.contains(SKIPPED));
        Ok(tests.map(str::to_owned).collect())
    }

    /// Runs those tests for so long at the most, or until one of them fails unless all are to be recorded.
    pub(super) fn run(
        &self,
        tests: &[impl AsRef<OsStr>],
        told: Told<'_>,
        limit: Duration,
    ) -> Result<Ending, XtaskError> {
        let mut command = Command::new("sh");
        command.args(["-c", "ulimit -v \"$0\" 2>/dev/null; exec \"$@\"", MEMORY]);
        command.arg(&self.executable).args(OPTIONS);
        command
            .arg(format!("--test-threads={AT_A_TIME}"))
            .args(tests);
        command.env(kept_keys::FOLDER, kept_keys::folder());
        // What the options need that are not stable yet.
        command.env("RUSTC_BOOTSTRAP", "1");
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        if let Told::Mutant(number) = told {
            command.env(switch::CHOSEN, number.to_string());
        }
        match told {
            Told::Nothing | Told::Mutant(_) => {
                command.arg("--fail-fast");
            }
            Told::Record { record, said } => {
                command.arg("--report-time").env(switch::REACHED, record);
                command.stdout(File::create(said).map_err(unwritable(said))?);
            }
        }
        command.current_dir(&self.folder).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|source| self.not_started(source))?;
        let heard = child
            .stdout
            .take()
            .map(|said| thread::spawn(move || failed(said)));
        let Some(status) = self.waited_for(&mut child, limit)? else {
            return Ok(Ending::TookTooLong);
        };
        let failed = heard.map(|heard| heard.join().unwrap_or_default());
        Ok(if status.success() {
            Ending::Green
        } else {
            Ending::Red(failed.unwrap_or_default())
        })
    }

    /// How it has ended, or nothing if it had to be ended.
    fn waited_for(
        &self,
        child: &mut Child,
        limit: Duration,
    ) -> Result<Option<ExitStatus>, XtaskError> {
        let lost = |source| XtaskError::Lost {
            program: self.name.clone(),
            source,
        };
        let mut waited = Duration::ZERO;
        while waited < limit {
            if let Some(status) = child.try_wait().map_err(lost)? {
                return Ok(Some(status));
            }
            thread::sleep(TICK);
            waited += TICK;
        }
        process_tree::end(child).map_err(lost)?;
        Ok(None)
    }

    fn not_started(&self, source: std::io::Error) -> XtaskError {
        XtaskError::Start {
            program: self.name.clone(),
            source,
        }
    }
}

/// The tests that have failed, by what their program says until its end.
fn failed(said: ChildStdout) -> Vec<String> {
    let lines = BufReader::new(said).split(b'\n').map_while(Result::ok);
    lines
        .filter_map(|line| failure(&String::from_utf8_lossy(&line)))
        .collect()
}

/// The test that has failed, if that is what a line says.
fn failure(line: &str) -> Option<String> {
    match Line::parse(line)? {
        Line::Test {
            name,
            outcome: Outcome::Failed,
        } => Some(name.to_owned()),
        _ => None,
    }
}
