//! A suite that mostly waits, run beside those before it: by this very program, as a process of its own. What it
//! says is kept, and shown when it is its turn.

use std::{
    env,
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process::{self, Child, ChildStdin, Command, ExitStatus, Stdio},
    thread,
    time::Duration,
};

use super::{steps::Step, suite::Suite};
use crate::{
    cargo::{program, target_dir},
    error::XtaskError,
    files::{json, read_json, unreadable, unwritable, write},
    process_tree,
};

const TICK: Duration = Duration::from_millis(200);

/// A suite that is under way. Dropping it ends it, with whatever it has started.
#[derive(Debug)]
pub(super) struct Lane {
    name: &'static str,
    child: Child,
    said: PathBuf,
    outcome: PathBuf,
    /// Its end tells the other process that this one is gone, however that came about.
    _lifeline: Option<ChildStdin>,
}

impl Lane {
    /// Begins a suite.
    pub(super) fn begin(step: &Step) -> Result<Self, XtaskError> {
        let folder = target_dir().join("lanes");
        let outcome = folder.join(format!("{}.json", step.id));
        let own = env::current_exe().map_err(|source| XtaskError::Start {
            program: step.name.to_owned(),
            source,
        })?;
        let mut command = program(own);
        command.args(["test", step.id, "--in-lane"]).arg(&outcome);
        Self::of(step.name, &mut command, outcome)
    }

    /// A process that leaves its outcome there, and what it says beside it.
    fn of(name: &'static str, command: &mut Command, outcome: PathBuf) -> Result<Self, XtaskError> {
        let said = outcome.with_extension("log");
        write(&said, "")?;
        if outcome.exists() {
            fs::remove_file(&outcome).map_err(unwritable(&outcome))?;
        }
        let log = File::create(&said).map_err(unwritable(&said))?;
        let failed = |source| XtaskError::Start {
            program: name.to_owned(),
            source,
        };
        let mut child = command
            .stdin(Stdio::piped())
            .stderr(log.try_clone().map_err(failed)?)
            .stdout(log)
            .spawn()
            .map_err(failed)?;
        Ok(Self {
            name,
            _lifeline: child.stdin.take(),
            child,
            said,
            outcome,
        })
    }

    /// Shows what it has said and says until it has ended, and what came of it.
    pub(super) fn ended(mut self) -> Result<Suite, XtaskError> {
        let mut said = File::open(&self.said).map_err(unreadable(&self.said))?;
        let status = loop {
            let ended = self.child.try_wait().map_err(|source| XtaskError::Lost {
                program: self.name.to_owned(),
                source,
            })?;
            shown(&mut said).map_err(unreadable(&self.said))?;
            match ended {
                Some(status) => break status,
                None => thread::sleep(TICK),
            }
        };
        let mut suite = told(self.name, &self.outcome, status);
        suite
            .notes
            .push("ran beside the suites above it".to_owned());
        Ok(suite)
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        // Nothing happens to one that has ended by itself.
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = process_tree::end(&mut self.child);
        }
    }
}

fn shown(said: &mut impl Read) -> io::Result<()> {
    let mut text = Vec::new();
    said.read_to_end(&mut text)?;
    let mut stdout = io::stdout().lock();
    stdout.write_all(&text)?;
    stdout.flush()
}

fn told(name: &'static str, outcome: &Path, status: ExitStatus) -> Suite {
    match read_json::<Suite>(outcome) {
        Ok(suite) if status.success() => Suite { name, ..suite },
        _ => {
            let mut suite = Suite::new(name);
            suite.fail(format!("its process ended early: {status}"));
            suite
        }
    }
}

/// What the other process does: runs the suite, and leaves what came of it in a file.
pub(super) fn inside(step: &Step, outcome: &Path) -> Result<(), XtaskError> {
    // Whoever began this holds the other end of the pipe.
    thread::spawn(|| {
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        process_tree::end_below(process::id());
        process::exit(1);
    });
    write(outcome, &json(outcome, &step.ran())?)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn path(name: &str) -> PathBuf {
        env::temp_dir().join(format!("portcullis-lane-{}-{name}", process::id()))
    }

    fn shell(script: &str, outcome: &Path) -> Result<Lane, XtaskError> {
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh"]).arg(outcome);
        Lane::of("one", &mut command, outcome.to_owned())
    }

    fn forgotten(outcome: &Path) {
        for file in [outcome.to_owned(), outcome.with_extension("log")] {
            let _ = fs::remove_file(file);
        }
    }

    #[test]
    fn an_outcome_comes_back_as_it_was() {
        let mut suite = Suite::new("another");
        suite.tally.passed = 7;
        suite.fail("something".into());
        let path = path("good");
        let outcome = json(&path, &suite).unwrap();
        let script = format!("echo said; cat > $1 <<'.'\n{outcome}.\n");
        let back = shell(&script, &path).unwrap().ended().unwrap();
        forgotten(&path);
        assert_eq!((back.tally.passed, back.tally.failed), (7, 1));
        assert_eq!((back.name, &*back.notes[0]), ("one", "something"));
    }

    #[test]
    fn a_lane_that_dies_is_a_failure_whatever_it_has_left() {
        let path = path("dead");
        for script in [
            "exit 0",
            "echo '{\"tally\":' > $1",
            "echo '{}' > $1; exit 9",
        ] {
            let suite = shell(script, &path).unwrap().ended().unwrap();
            assert_eq!((suite.tally.passed, suite.tally.failed), (0, 1), "{script}");
        }
        forgotten(&path);
    }

    #[test]
    fn a_lane_that_is_given_up_ends_with_what_it_has_started() {
        let path = path("given-up");
        let lane = shell("sleep 600 & echo $!; wait", &path).unwrap();
        let log = path.with_extension("log");
        let started = loop {
            let said = fs::read_to_string(&log).unwrap();
            match said.trim().parse::<u32>() {
                Ok(id) => break id,
                Err(_) => thread::sleep(TICK),
            }
        };
        drop(lane);
        forgotten(&path);
        let mut alive = Command::new("kill");
        alive
            .args(["-0", &started.to_string()])
            .stderr(Stdio::null());
        let is_gone = (0..50).any(|_| {
            thread::sleep(TICK / 10);
            !alive.status().unwrap().success()
        });
        assert!(is_gone);
    }
}
