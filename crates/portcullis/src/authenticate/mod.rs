//! The whole way of a request: credentials, facts, verdict.

mod admission;
mod authenticator;
mod caller_deadline;
mod ending;
mod expectations;
mod guarded;
mod judge;
mod kind;
mod layer;
mod passage;
mod presentation;
mod progress;
mod required;
mod requirements;
mod service;
mod settle;
#[cfg(feature = "test-util")]
mod test_util;
mod vary;
mod verified_token;
mod waiting;

pub(crate) use self::{
    admission::Admission,
    caller_deadline::caller_deadline,
    guarded::{guarded, until},
    judge::{judge_facts, judge_origin, judge_statement, judge_unbound},
    kind::TokenKind,
    passage::Passage,
};
pub use self::{
    authenticator::{Authenticator, Outcome},
    expectations::Expectations,
    layer::AuthenticateLayer,
    service::{Authenticate, ResponseFuture},
    verified_token::VerifiedToken,
    waiting::Waiting,
};
