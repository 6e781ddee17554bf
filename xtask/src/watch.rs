use std::{
    fmt,
    io::{self, BufRead, BufReader, IsTerminal, Read},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    thread,
    time::{Duration, Instant},
};

use crate::{cargo::shown, error::XtaskError, process_tree};

/// Longer than any step needs on two slow cores; a test that hangs ends here.
const LIMIT: Duration = Duration::from_secs(20 * 60);
/// What a program's own children may still say after it has ended.
const LAST_WORDS: Duration = Duration::from_secs(2);
const TICK: Duration = Duration::from_millis(200);

/// How a watched program ended.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ending {
    Exited(ExitStatus),
    TookTooLong,
}

impl Ending {
    pub(crate) fn is_success(self) -> bool {
        matches!(self, Self::Exited(status) if status.success())
    }

    pub(crate) fn code(self) -> Option<i32> {
        match self {
            Self::Exited(status) => status.code(),
            Self::TookTooLong => None,
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(status) => status.fmt(f),
            Self::TookTooLong => write!(f, "still running after {} min", LIMIT.as_secs() / 60),
        }
    }
}

/// A line of a program, and where it has said it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Said<'a> {
    Out(&'a str),
    Err(&'a str),
}

/// Runs a program, shows each line of its output as it comes, and hands the line on.
pub(crate) fn watch(command: &mut Command, line: impl FnMut(&str)) -> Result<Ending, XtaskError> {
    watch_for(LIMIT, command, line)
}

/// The same, for what may take longer, or must not take as long.
pub(crate) fn watch_for(
    limit: Duration,
    command: &mut Command,
    mut line: impl FnMut(&str),
) -> Result<Ending, XtaskError> {
    watched(limit, command, |said| {
        if let Said::Out(text) = said {
            line(text);
        }
    })
}

/// The same, with what it says of its errors, unless that goes to a terminal, where programs show people more than
/// lines.
pub(crate) fn watch_closely(
    command: &mut Command,
    line: impl FnMut(Said<'_>),
) -> Result<Ending, XtaskError> {
    watch_closely_for(LIMIT, command, line)
}

/// The same, for what may take longer.
pub(crate) fn watch_closely_for(
    limit: Duration,
    command: &mut Command,
    line: impl FnMut(Said<'_>),
) -> Result<Ending, XtaskError> {
    if !io::stderr().is_terminal() {
        command.stderr(Stdio::piped());
    }
    watched(limit, command, line)
}

fn watched(
    limit: Duration,
    command: &mut Command,
    mut line: impl FnMut(Said<'_>),
) -> Result<Ending, XtaskError> {
    let program = shown(command);
    println!("$ {program}");
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|source| XtaskError::Start {
            program: program.clone(),
            source,
        })?;
    let ending = follow(&mut child, Instant::now() + limit, |said| {
        match said {
            Said::Out(text) => println!("{text}"),
            Said::Err(text) => eprintln!("{text}"),
        }
        line(said);
    });
    ending.map_err(|source| XtaskError::Lost { program, source })
}

/// Reads until the program has ended, not until its pipe is closed: a process it left behind would
/// keep that open for ever.
fn follow(
    child: &mut Child,
    deadline: Instant,
    mut line: impl FnMut(Said<'_>),
) -> io::Result<Ending> {
    let lines = lines_of(child);
    let mut ended: Option<(ExitStatus, Instant)> = None;
    loop {
        match lines.recv_timeout(TICK) {
            Ok(text) => line(text.said()),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => thread::sleep(TICK / 10),
        }
        if ended.is_none() {
            ended = child.try_wait()?.map(|status| (status, Instant::now()));
        }
        match ended {
            Some((status, at)) if at.elapsed() > LAST_WORDS => return Ok(Ending::Exited(status)),
            Some((status, _)) if is_closed(&lines, &mut line) => return Ok(Ending::Exited(status)),
            None if Instant::now() > deadline => {
                process_tree::end(child)?;
                return Ok(Ending::TookTooLong);
            }
            _ => {}
        }
    }
}

fn is_closed(lines: &Receiver<Line>, line: &mut impl FnMut(Said<'_>)) -> bool {
    loop {
        match lines.try_recv() {
            Ok(text) => line(text.said()),
            Err(mpsc::TryRecvError::Empty) => return false,
            Err(mpsc::TryRecvError::Disconnected) => return true,
        }
    }
}

/// A line on its way from the thread that has read it.
enum Line {
    Out(String),
    Err(String),
}

impl Line {
    fn said(&self) -> Said<'_> {
        match self {
            Self::Out(text) => Said::Out(text),
            Self::Err(text) => Said::Err(text),
        }
    }
}

fn lines_of(child: &mut Child) -> Receiver<Line> {
    let (sender, receiver) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        read(stdout, Line::Out, sender.clone());
    }
    if let Some(stderr) = child.stderr.take() {
        read(stderr, Line::Err, sender);
    }
    receiver
}

fn read(from: impl Read + Send + 'static, line: fn(String) -> Line, to: Sender<Line>) {
    thread::spawn(move || {
        let mut reader = BufReader::new(from);
        let mut bytes = Vec::new();
        while matches!(reader.read_until(b'\n', &mut bytes), Ok(1..)) {
            let text = String::from_utf8_lossy(&bytes);
            let text = text.trim_end_matches(['\r', '\n']).to_owned();
            if to.send(line(text)).is_err() {
                break;
            }
            bytes.clear();
        }
    });
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn every_line_is_handed_on_and_the_exit_code_kept() {
        let mut seen = Vec::new();
        let ending = watch(&mut shell("echo one; echo two; exit 3"), |line| {
            seen.push(line.to_owned());
        })
        .unwrap();
        assert_eq!(seen, ["one", "two"]);
        assert_eq!(ending.code(), Some(3));
        assert!(!ending.is_success());
    }

    /// Where the tests' own standard error is a terminal, what a program says there is seen and not heard.
    #[test]
    fn what_is_said_of_errors_is_handed_on_too() {
        let (mut said, mut of_errors) = (Vec::new(), Vec::new());
        let ending = watch_closely(
            shell("echo one; echo two >&2").stderr(Stdio::piped()),
            |line| match line {
                Said::Out(text) => said.push(text.to_owned()),
                Said::Err(text) => of_errors.push(text.to_owned()),
            },
        );
        assert!(ending.unwrap().is_success());
        assert_eq!(
            (said, of_errors),
            (vec!["one".into()], vec!["two".to_owned()])
        );
    }

    #[test]
    fn a_child_left_behind_does_not_hold_up_the_end() {
        let started = Instant::now();
        let ending = watch(&mut shell("sleep 20 & echo done"), |_| {}).unwrap();
        assert!(ending.is_success());
        assert!(started.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn a_program_that_takes_too_long_is_ended() {
        let limit = Duration::from_millis(300);
        let ending = watch_for(limit, &mut shell("sleep 20; echo end"), |_| {}).unwrap();
        assert!(matches!(ending, Ending::TookTooLong));
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error() {
        let error = watch(&mut Command::new("portcullis-no-such-program"), |_| {}).unwrap_err();
        assert!(matches!(error, XtaskError::Start { .. }));
    }
}
