//! What a token says, offline. Nothing is verified, and nobody is asked.

mod claims;
mod kind;
mod report;
mod text;
mod unusual;

use std::process::ExitCode;

use self::report::Report;
use crate::{
    terminal,
    token::{Pasted, Token, TokenSource, TokenSourceError},
};

/// Shows what a token says, without a network and without verifying anything.
///
/// Ends with 0 when it was shown, with 1 when the text is no token, with 2 when the command was given
/// wrongly.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The token; better given by standard input, since the command line stays in the shell's history
    /// and shows in the list of processes.
    token: Option<String>,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

/// Why nothing was shown.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InspectError {
    #[error(transparent)]
    Source(#[from] TokenSourceError),
    #[error("no token was given")]
    Nothing,
    #[error(
        "this is no token: it has characters that no bearer token has (RFC 6750 §2.1), and no header of a JWT"
    )]
    NoToken,
    #[error("the report cannot be written: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the report cannot be written: {0}")]
    Text(#[from] std::fmt::Error),
}

/// Shows the token.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, InspectError> {
    let text = TokenSource::of(arguments.token.as_deref()).read()?;
    let pasted = Pasted::clean(&text);
    if pasted.token.is_empty() {
        return Err(InspectError::Nothing);
    }
    let token = Token::read(&pasted.token).ok_or(InspectError::NoToken)?;
    let report = Report::of(&pasted, &token, crate::moment::now());
    terminal::print(&if arguments.json {
        report.json()?
    } else {
        text::render(&report, &token)?
    });
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    use super::*;

    /// Whatever is wrong with it: it is shown, and nothing of it acts on a terminal.
    #[test]
    fn a_token_with_anything_wrong_in_it_is_shown() {
        let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
        let header = part(r#"{"alg":"ES256","kid":"\u001b"}"#);
        let payload = part("{\"sub\":\"\u{202e}\u{9b}\",\"exp\":1e300,\"iat\":-1,\"aud\":[\"a\"]}");
        let token = format!("{header}.{payload}.{}", part("signature"));
        let acts = |letter: char| letter.is_control() && letter != '\n' || letter == '\u{202e}';
        let mut shown = 0;
        for at in 0..token.len() {
            for wrong in [".", "=", " ", "\"", "é", "\u{1b}", "{", "AAAA", ""] {
                let mut spoiled = token.clone();
                spoiled.replace_range(at..=at, wrong);
                let pasted = Pasted::clean(&spoiled);
                let Some(read) = Token::read(&pasted.token) else {
                    continue;
                };
                let report = Report::of(&pasted, &read, 0.0);
                let text = text::render(&report, &read).unwrap();
                let json = report.json().unwrap();
                assert!(!text.contains(acts) && !json.contains(acts), "{spoiled:?}");
                shown += 1;
            }
        }
        assert!(shown > token.len() * 5, "{shown} of {}", token.len());
    }
}
