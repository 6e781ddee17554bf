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
                if bytes.len() as u64 > LIMIT {
                    return Err(TokenSourceError::TooLong { limit: LIMIT });
                }
                Ok(String::from_utf8_lossy(&bytes).into_owned())
            }
        }
    }
}
