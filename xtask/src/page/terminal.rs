//! A terminal: a shell that remembers where it is and what was set in it.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use super::pattern;
use crate::{error::XtaskError, process_tree};

/// What the shell says once a command has ended, with its exit status.
const MARK: &str = "\u{1}ended ";
const TICK: Duration = Duration::from_millis(200);

pub(super) struct Terminal {
    name: String,
    shell: Child,
    input: ChildStdin,
    lines: Receiver<String>,
    /// What was said and not yet looked at.
    said: Vec<String>,
}

/// Why it did not go as the text has it.
pub(super) type Deviation = String;

impl Terminal {
    pub(super) fn open(
        name: &str,
        folder: &Path,
        environment: &[(String, String)],
    ) -> Result<Self, XtaskError> {
        let start = |source| XtaskError::Start {
            program: "bash".to_owned(),
            source,
        };
        let mut shell = Command::new("bash")
            .args([
                "--noprofile",
                "--norc",
                "-c",
                "exec 2>&1; exec bash --noprofile --norc",
            ])
            .current_dir(folder)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(start)?;
        let (Some(input), Some(output)) = (shell.stdin.take(), shell.stdout.take()) else {
            return Err(start(std::io::ErrorKind::BrokenPipe.into()));
        };
        let (sender, lines) = mpsc::channel();
        let shown = name.to_owned();
        thread::spawn(move || {
            let lines = BufReader::new(output).split(b'\n').map_while(Result::ok);
            for line in lines {
                let line = as_seen(&String::from_utf8_lossy(&line));
                let text = line.split_once(MARK).map_or(&*line, |(before, _)| before);
                if !(text.is_empty() && line.contains(MARK)) {
                    println!("[{shown}] {text}");
                }
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Self {
            name: name.to_owned(),
            shell,
            input,
            lines,
            said: Vec::new(),
        })
    }

    /// Types a command. It gets nothing to read: the shell's own input is the next command.
    pub(super) fn type_in(&mut self, command: &str) -> Result<(), XtaskError> {
        println!("[{}] $ {}", self.name, command.replace('\n', "\n> "));
        let typed = format!("{{\n{command}\n}} </dev/null; printf '{MARK}%s\\n' \"$?\"\n");
        let written = self.input.write_all(typed.as_bytes());
        written
            .and_then(|()| self.input.flush())
            .map_err(|source| XtaskError::Lost {
                program: self.name.clone(),
                source,
            })
    }

    /// Waits until the command has ended, well and with this output.
    pub(super) fn expect_end(
        &mut self,
        output: &[String],
        deadline: Instant,
    ) -> Result<(), Deviation> {
        let status = loop {
            let line = self.next_line(deadline)?;
            let Some((before, status)) = line.split_once(MARK) else {
                self.said.push(line);
                continue;
            };
            if !before.is_empty() {
                self.said.push(before.to_owned());
            }
            break status.to_owned();
        };
        let said = std::mem::take(&mut self.said);
        if status != "0" {
            return Err(format!("it ended with {status}"));
        }
        if pattern::is_all(output, &said) {
            return Ok(());
        }
        Err(differing(output, &said))
    }

    /// Waits until it has said this.
    pub(super) fn expect_said(
        &mut self,
        output: &[String],
        deadline: Instant,
    ) -> Result<(), Deviation> {
        loop {
            if let Some(taken) = pattern::taken(output, &self.said) {
                self.said.drain(..taken);
                return Ok(());
            }
            match self.next_line(deadline) {
                Ok(line) if line.contains(MARK) => {
                    return Err(format!("it ended: {}", differing(output, &self.said)));
                }
                Ok(line) => self.said.push(line),
                Err(late) => return Err(format!("{late}: {}", differing(output, &self.said))),
            }
        }
    }

    fn next_line(&mut self, deadline: Instant) -> Result<String, Deviation> {
        loop {
            match self.lines.recv_timeout(TICK) {
                Ok(line) => return Ok(line),
                Err(RecvTimeoutError::Disconnected) => return Err("the shell has ended".to_owned()),
                Err(RecvTimeoutError::Timeout) if Instant::now() > deadline => {
                    return Err("it takes too long".to_owned());
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

/// A line without what only changes its colour.
fn as_seen(line: &str) -> String {
    let mut pieces = line.trim_end_matches('\r').split("\u{1b}[");
    let mut seen = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        seen.push_str(piece.split_once('m').map_or(piece, |(_, rest)| rest));
    }
    seen
}

fn differing(expected: &[String], said: &[String]) -> Deviation {
    format!(
        "the text has\n{}\nand what came is\n{}",
        expected.join("\n"),
        said.join("\n")
    )
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // What has ended by itself meanwhile is as good.
        let _ = process_tree::end(&mut self.shell);
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn terminal() -> Terminal {
        Terminal::open(
            "test",
            Path::new("/"),
            &[("GREETING".into(), "hello".into())],
        )
        .unwrap()
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(10)
    }

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn colours_are_no_text() {
        assert_eq!(
            as_seen("\u{1b}[2mlate\u{1b}[0m \u{1b}[34mDEBUG\u{1b}[0m\r"),
            "late DEBUG"
        );
    }

    #[test]
    fn a_terminal_remembers_and_what_it_says_is_compared() {
        let mut terminal = terminal();
        terminal.type_in("cd tmp; NAME=alice").unwrap();
        terminal.expect_end(&[], soon()).unwrap();
        terminal
            .type_in("pwd; echo $GREETING \\\n$NAME >&2; printf end")
            .unwrap();
        terminal
            .expect_end(&lines("/tmp\nhello alice\nend"), soon())
            .unwrap();
        terminal.type_in("echo one").unwrap();
        assert!(terminal.expect_end(&lines("two"), soon()).is_err());
        terminal.type_in("false").unwrap();
        assert!(terminal.expect_end(&[], soon()).is_err());
    }

    #[test]
    fn a_command_that_stays_is_waited_for_by_what_it_says() {
        let mut terminal = terminal();
        terminal
            .type_in("echo begun; echo ready; sleep 100")
            .unwrap();
        terminal.expect_said(&lines("…\nready"), soon()).unwrap();
        let late = Instant::now() + Duration::from_millis(300);
        assert!(terminal.expect_said(&lines("never"), late).is_err());
    }

    #[test]
    fn a_command_that_ends_is_not_waited_for_in_vain() {
        let mut terminal = terminal();
        terminal.type_in("echo only").unwrap();
        assert!(terminal.expect_said(&lines("…\nmore"), soon()).is_err());
    }
}
