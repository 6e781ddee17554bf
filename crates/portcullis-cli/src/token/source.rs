use std::io::{self, IsTerminal, Read};

/// Where a token is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenSource<'a> {
    Stdin,
    /// The command line, which others can read.
    Argument(&'a str),
}

/// Why no token can be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenSourceError {
    #[error("standard input cannot be read: {0}")]
    Stdin(#[from] io::Error),
    #[error("standard input has more than {limit} bytes, which no token has")]
    TooLong { limit: u64 },
}

/// More than any server sends or takes.
const LIMIT: u64 = 1024 * 1024;

impl<'a> TokenSource<'a> {
    /// Standard input where there is no argument, or a hyphen.
    pub(crate) fn of(argument: Option<&'a str>) -> Self {
        match argument {
            None | Some("-") => Self::Stdin,
            Some(token) => Self::Argument(token),
        }
    }

    /// The text, whatever it is; what the user should know of the way it came is said on standard
    /// error.
    pub(crate) fn read(self) -> Result<String, TokenSourceError> {
        match self {
            Self::Argument(token) => {
                eprintln!(
                    "warning: a token on the command line stays in the shell's history and shows in the list of processes; give it by standard input"
                );
                Ok(token.to_owned())
            }
            Self::Stdin => {
                let stdin = io::stdin();
                if stdin.is_terminal() {
                    eprintln!("paste the token, then Enter and Ctrl-D:");
                }
                let mut bytes = Vec::new();
                stdin.lock().take(LIMIT + 1).read_to_end(&mut bytes)?;
                if stdin.is_terminal() && may_be_cut(&bytes) {
                    eprintln!(
                        "warning: a terminal takes no longer line than {LONGEST_LINE} characters, and the rest of this one may be lost; give the token by a file or a pipe"
                    );
                }
                if bytes.len() as u64 > LIMIT {
                    return Err(TokenSourceError::TooLong { limit: LIMIT });
                }
                Ok(String::from_utf8_lossy(&bytes).into_owned())
            }
        }
    }
}

/// What Linux hands on of a line of a terminal, its end not counted (termios(3), canonical mode).
const LONGEST_LINE: usize = 4095;

/// Whether a line is as long as a terminal lets lines be.
fn may_be_cut(pasted: &[u8]) -> bool {
    let mut lines = pasted.split(|byte| *byte == b'\n');
    lines.any(|line| line.len() >= LONGEST_LINE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_as_long_as_a_terminal_takes_may_be_cut() {
        let line = |length| [&vec![b'a'; length][..], b"\n"].concat();
        assert!(may_be_cut(&line(LONGEST_LINE)));
        assert!(!may_be_cut(&line(LONGEST_LINE - 1)));
        assert!(!may_be_cut(&[line(4000), line(4000)].concat()));
    }
}
