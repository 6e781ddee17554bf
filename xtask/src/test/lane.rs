//! A suite that runs beside those before it, in the time that they leave over: by this very program, as a process of
//! its own. What it says is kept, and shown when it is its turn.

use std::{
    env,
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process::{self, Child, ChildStdin, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{steps::Step, suite::Suite};
use crate::{
    cargo::{program, target_dir},
    error::XtaskError,
    files::{json, read_json, unreadable, unwritable, write},
    process_tree,
};

const TICK: Duration = Duration::from_millis(200);
/// Longer than all commands of a suite may take one after the other, each up to a limit of its own.
const LIMIT: Duration = Duration::from_secs(2 * 60 * 60);

/// A suite that is under way. Dropping it ends it, with whatever it has started.
#[derive(Debug)]
pub(super) struct Lane {
    name: &'static str,
    /// The first of a group of its own: what it has started is found by that, though it may be gone itself.
    child: Child,
    has_ended_well: bool,
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
        let mut command = behind_others(own);
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
        let unstarted = |source| XtaskError::Start {
            program: name.to_owned(),
            source,
        };
        // A terminal's Ctrl-C goes past such a group, which ends by its lifeline then.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let mut child = command
            .stdin(Stdio::piped())
            .stderr(log.try_clone().map_err(unstarted)?)
            .stdout(log)
            .spawn()
            .map_err(unstarted)?;
        Ok(Self {
            name,
            _lifeline: child.stdin.take(),
            child,
            has_ended_well: false,
            said,
            outcome,
        })
    }

    /// Shows what it has said and says until it has ended, and what came of it. One that does not end, or is lost, is
    /// a failure.
    pub(super) fn ended(self) -> Suite {
        self.ended_within(LIMIT)
    }

    fn ended_within(mut self, limit: Duration) -> Suite {
        let mut suite = match self.followed(limit) {
            Ok(Some(status)) => {
                self.has_ended_well = status.success();
                told(self.name, &self.outcome, status)
            }
            Ok(None) => failed(
                self.name,
                &format!(
                    "its process is still running after {} min",
                    limit.as_secs() / 60
                ),
            ),
            Err(error) => failed(self.name, &error.to_string()),
        };
        suite
            .notes
            .push("ran beside the suites above it".to_owned());
        suite
    }

    /// How its process has ended, or nothing where it has not by then.
    fn followed(&mut self, limit: Duration) -> Result<Option<ExitStatus>, XtaskError> {
        let started = Instant::now();
        let mut said = File::open(&self.said).map_err(unreadable(&self.said))?;
        loop {
            let ended = self.child.try_wait().map_err(|source| XtaskError::Lost {
                program: self.name.to_owned(),
                source,
            })?;
            shown(&mut said).map_err(unreadable(&self.said))?;
            if ended.is_some() || started.elapsed() > limit {
                return Ok(ended);
            }
            thread::sleep(TICK);
        }
    }
}

/// A program that takes what time the others leave over, where such a thing can be had.
fn behind_others(own: PathBuf) -> Command {
    if cfg!(unix) {
        let mut command = program("nice");
        command.args(["-n", "19"]).arg(own);
        command
    } else {
        program(own)
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        if self.has_ended_well {
            return;
        }
        // Some of what it has started leads a group of its own, and is found as long as the lane is there.
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = process_tree::end(&mut self.child);
        }
        process_tree::end_group(self.child.id());
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
        _ => failed(name, &format!("its process ended early: {status}")),
    }
}

fn failed(name: &'static str, why: &str) -> Suite {
    let mut suite = Suite::new(name);
    suite.fail(why);
    suite
}

/// What the other process does: runs the suite, and leaves what came of it in a file.
pub(super) fn inside(step: &Step, outcome: &Path) -> Result<(), XtaskError> {
    hold_on_to_lifeline();
    write(outcome, &json(outcome, &step.ran())?)
}

/// Ends this process, with whatever it has started, once its standard input ends: whoever began it holds the other
/// end of that pipe.
fn hold_on_to_lifeline() {
    thread::spawn(|| {
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        process_tree::end_below(process::id());
        process_tree::end_group(process::id());
        process::exit(1);
    });
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
        suite.fail("something\nand why");
        let path = path("good");
        let outcome = json(&path, &suite).unwrap();
        let script = format!("echo said; cat > $1 <<'.'\n{outcome}.\n");
        let back = shell(&script, &path).unwrap().ended();
        forgotten(&path);
        assert_eq!((back.tally.passed, back.tally.failed), (7, 1));
        assert_eq!((back.name, &*back.failures[0].what), ("one", "something"));
        assert_eq!(back.failures[0].said, ["and why"]);
    }

    #[test]
    fn a_lane_that_dies_is_a_failure_whatever_it_has_left() {
        let path = path("dead");
        for script in [
            "exit 0",
            "echo '{\"tally\":' > $1",
            "echo '{}' > $1; exit 9",
        ] {
            let suite = shell(script, &path).unwrap().ended();
            assert_eq!((suite.tally.passed, suite.tally.failed), (0, 1), "{script}");
        }
        forgotten(&path);
    }

    /// The first number that a lane says on a line of its own.
    fn number_said(path: &Path) -> u32 {
        let log = path.with_extension("log");
        loop {
            let said = fs::read_to_string(&log).unwrap_or_default();
            match said.lines().find_map(|line| line.trim().parse().ok()) {
                Some(number) => break number,
                None => thread::sleep(TICK),
            }
        }
    }

    /// Whether it runs no longer. It may stay in the list for a while, until somebody has taken note of its end.
    fn is_gone(process: u32) -> bool {
        let mut state = Command::new("ps");
        state.args(["-o", "stat=", "-p", &process.to_string()]);
        (0..50).any(|_| {
            thread::sleep(TICK / 10);
            state.output().is_ok_and(|output| {
                let state = output.stdout.trim_ascii();
                state.is_empty() || state.starts_with(b"Z")
            })
        })
    }

    #[test]
    fn a_lane_that_is_given_up_ends_with_what_it_has_started() {
        let path = path("given-up");
        let lane = shell("sleep 600 & echo $!; wait", &path).unwrap();
        let started = number_said(&path);
        drop(lane);
        forgotten(&path);
        assert!(is_gone(started));
    }

    #[test]
    fn what_a_lane_has_started_ends_with_it_when_it_is_killed() {
        let path = path("killed");
        let script = "sh -c 'sleep 600 & echo $!; wait' & read line; kill -KILL $$";
        let mut lane = shell(script, &path).unwrap();
        let started = number_said(&path);
        drop(lane._lifeline.take());
        let suite = lane.ended();
        forgotten(&path);
        assert_eq!((suite.tally.passed, suite.tally.failed), (0, 1));
        assert!(is_gone(started));
    }

    #[test]
    fn a_lane_that_does_not_end_is_ended_and_a_failure() {
        let path = path("for-ever");
        let lane = shell("sleep 600 & echo $!; wait", &path).unwrap();
        let started = number_said(&path);
        let suite = lane.ended_within(TICK);
        forgotten(&path);
        assert_eq!((suite.tally.passed, suite.tally.failed), (0, 1));
        assert!(
            suite.failures[0].what.contains("still running"),
            "{:?}",
            suite.failures
        );
        assert!(is_gone(started));
    }

    #[test]
    fn a_lane_whose_words_are_lost_is_a_failure() {
        let path = path("wordless");
        let lane = shell("wait", &path).unwrap();
        forgotten(&path);
        let suite = lane.ended();
        assert_eq!((suite.tally.passed, suite.tally.failed), (0, 1));
    }

    /// Dropped alone, the lifeline is what a lane sees of a Ctrl-C that has ended whoever began it.
    #[test]
    fn a_lane_that_nobody_waits_for_ends_with_what_it_has_started() {
        const NAME: &str = "a_lane_that_nobody_waits_for_ends_with_what_it_has_started";
        const INSIDE: &str = "PORTCULLIS_INSIDE_A_LANE";
        if env::var_os(INSIDE).is_some() {
            hold_on_to_lifeline();
            let mut orphan = Command::new("sh");
            orphan.args(["-c", "sleep 600 & echo; echo $!"]);
            orphan.status().unwrap();
            loop {
                thread::park();
            }
        }
        let path = path("unheld");
        let mut again = Command::new(env::current_exe().unwrap());
        again.arg(NAME).env(INSIDE, "1");
        let mut lane = Lane::of("one", &mut again, path.clone()).unwrap();
        let started = number_said(&path);
        drop(lane._lifeline.take());
        assert!(is_gone(started) && is_gone(lane.child.id()));
        forgotten(&path);
    }
}
