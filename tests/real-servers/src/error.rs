use std::{io, path::Path, time::Duration};

use reqwest::StatusCode;

/// What can go wrong around a real server, each with what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SuiteError {
    /// Nothing on this machine can run the server. The only error that makes a test skip.
    #[error("{0}")]
    Unavailable(String),
    /// The environment says something that cannot be; the text says what to write instead.
    #[error("{0}")]
    Misconfigured(String),
    /// A file operation failed.
    #[error("{doing}: {source}")]
    File {
        /// What was being done, with the path.
        doing: String,
        /// Why it failed.
        source: io::Error,
    },
    /// A program could not be started or ended badly.
    #[error("{program}: {problem}\n{tail}")]
    Program {
        /// The program.
        program: String,
        /// What became of it.
        problem: String,
        /// The end of what it wrote.
        tail: String,
    },
    /// A request got no answer, or one that is not JSON.
    #[error("{doing}: {source}")]
    Http {
        /// What was asked for.
        doing: String,
        /// Why it failed.
        source: reqwest::Error,
    },
    /// A request was answered with another status than expected.
    #[error("{doing}: {status} {body}")]
    Status {
        /// What was asked for.
        doing: String,
        /// The status of the answer.
        status: StatusCode,
        /// The body of the answer.
        body: String,
    },
    /// An answer lacks what it should have.
    #[error("{doing}: no `{member}` in {body}")]
    Missing {
        /// What was asked for.
        doing: String,
        /// The member that should be there.
        member: &'static str,
        /// The answer.
        body: String,
    },
    /// Something did not come to be in time.
    #[error("{what}: not within {limit:?}\n{tail}")]
    TimedOut {
        /// What was waited for.
        what: String,
        /// How long.
        limit: Duration,
        /// The end of the log that may tell why.
        tail: String,
    },
}

impl SuiteError {
    /// For a file operation that fails; `doing` is a participle.
    pub fn file(doing: &str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let doing = format!("{doing} {}", path.display());
        move |source| Self::File { doing, source }
    }

    /// For a request that fails.
    pub fn http(doing: impl Into<String>) -> impl FnOnce(reqwest::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Http { doing, source }
    }
}
