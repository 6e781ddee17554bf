//! What is promised of every request, and of the calls that it costs.
//!
//! * **200** only for a token that could be taken for good: never once its time or its session was known
//!   to be over at the instance; on a live route only by an answer to a call that began after the request
//!   arrived; on others by one within its age, or by a key that was published; and never by an answer that
//!   the server had made up before one that called the token inactive.
//! * **401** only for a token that was judged to be bad, lately enough.
//! * **503** only while something keeps from knowing. **500** never.
//! * One call about a token at a time, none that nobody has use for, none about what is known to be over.

mod accepted;
pub(crate) mod calls;
mod recovery;
mod refused;
mod unavailable;

use std::fmt;

use http::StatusCode;

pub(crate) use self::recovery::expected;
use crate::world::{Answered, Request, World};

/// A promise that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// In which step.
    pub step: usize,
    /// Which promise.
    pub promise: Promise,
    /// What has happened.
    pub what: String,
    /// Every call and every answer until then.
    pub history: Vec<String>,
}

/// What is promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promise {
    /// No token is let in that must not be.
    NoWrongAccept,
    /// No token is called bad that is not.
    NoWrongRefusal,
    /// Nothing is unavailable that could be known.
    Availability,
    /// Calls are few.
    CallBudget,
    /// Every request ends.
    Liveness,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step {}: {:?}: {}", self.step, self.promise, self.what)?;
        for event in &self.history {
            write!(f, "\n    {event}")?;
        }
        Ok(())
    }
}

/// Judges an answer.
pub(crate) fn judge(world: &World, request: &Request, answered: Answered) -> Result<(), Violation> {
    let (promise, judged) = match answered.status {
        StatusCode::OK => (
            Promise::NoWrongAccept,
            accepted::judge(world, request, answered),
        ),
        StatusCode::UNAUTHORIZED => (
            Promise::NoWrongRefusal,
            refused::judge(world, request, answered),
        ),
        StatusCode::SERVICE_UNAVAILABLE => (
            Promise::Availability,
            unavailable::judge(world, request, answered),
        ),
        other => (Promise::Availability, Err(format!("the status is {other}"))),
    };
    judged.map_err(|why| Violation {
        step: answered.at.step,
        promise,
        what: format!(
            "{why}: {:?} of token {} at instance {}, arrived {:?}, answered {answered:?}",
            request.route, request.token, request.instance, request.arrived
        ),
        history: Vec::new(),
    })
}

/// A promise that holds, or how it does not.
type Judged = Result<(), String>;

fn demand(holds: bool, otherwise: &str) -> Judged {
    if holds {
        Ok(())
    } else {
        Err(otherwise.to_owned())
    }
}
