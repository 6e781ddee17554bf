use std::{fmt, process::Command, time::Duration};

use crate::{
    cargo::shown,
    error::XtaskError,
    watch::{Ending, watch_for},
};

/// Longer than any of them takes on two cores that are busy.
const LIMIT: Duration = Duration::from_secs(90 * 60);

pub(super) const BAD: &str = "bad: ";
pub(super) const NOT_RUN: &str = "not run: ";

/// What a check comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// With what else is worth saying, if anything.
    Good(String),
    /// What is wrong.
    Bad(String),
    /// What is missing, here or as yet.
    NotRun(String),
}

impl Outcome {
    pub(super) const GOOD: Self = Self::Good(String::new());

    /// Good where nothing is wrong, and `good` is what is said then.
    pub(super) fn of(wrong: &[String], good: String) -> Self {
        if wrong.is_empty() {
            Self::Good(good)
        } else {
            Self::Bad(wrong.join("; "))
        }
    }

    /// Whether it has been looked at and is good.
    pub(super) fn is_good(&self) -> bool {
        matches!(self, Self::Good(_))
    }
}

/// As it stands in a report.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Good(said) if said.is_empty() => f.write_str("good"),
            Self::Good(said) => write!(f, "good: {said}"),
            Self::Bad(what) => write!(f, "{BAD}{what}"),
            Self::NotRun(why) => write!(f, "{NOT_RUN}{why}"),
        }
    }
}

/// One after the other, up to the first that is bad.
pub(super) fn all_judged(commands: &mut [Command]) -> Result<Outcome, XtaskError> {
    for command in commands {
        let outcome = judged(command)?;
        if !outcome.is_good() {
            return Ok(outcome);
        }
    }
    Ok(Outcome::GOOD)
}

/// Good where it ends well.
pub(super) fn judged(command: &mut Command) -> Result<Outcome, XtaskError> {
    let ending: Ending = watch_for(LIMIT, command, |_| {})?;
    Ok(if ending.is_success() {
        Outcome::GOOD
    } else {
        Outcome::Bad(format!("`{}`: {ending}", shown(command)))
    })
}

/// Where nothing could be fetched, nothing was looked at; what is found in it is bad.
pub(super) fn fetched(fetch: &mut Command, look: &mut Command) -> Result<Outcome, XtaskError> {
    match judged(fetch)? {
        Outcome::Good(_) => judged(look),
        Outcome::Bad(what) | Outcome::NotRun(what) => Ok(Outcome::NotRun(what)),
    }
}

/// What a command prints, if it ends well.
pub(super) fn said(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then_some(said)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn only_what_could_be_looked_at_is_good_or_bad() {
        let outcome = |fetch: &str, look: &str| {
            let (mut fetch, mut look) = (Command::new(fetch), Command::new(look));
            fetched(&mut fetch, &mut look).unwrap()
        };
        assert_eq!(outcome("true", "true"), Outcome::GOOD);
        assert!(matches!(outcome("true", "false"), Outcome::Bad(_)));
        assert!(matches!(outcome("false", "true"), Outcome::NotRun(_)));
        assert!(matches!(outcome("false", "false"), Outcome::NotRun(_)));
    }

    #[test]
    fn the_first_that_is_bad_ends_it() {
        let mut commands = ["true", "false", "portcullis-no-such-program"].map(Command::new);
        assert!(matches!(all_judged(&mut commands), Ok(Outcome::Bad(_))));
    }
}
