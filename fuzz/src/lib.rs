//! What strangers send, made up by a fuzzer and held against a second reading.
//!
//! Each target feeds one kind of input to the library through its public API, and judges the same
//! input by code of its own that shares nothing with it. A target panics where the two disagree: a
//! token that is let in and should not be, a call that nobody should have made, an error that is
//! answered as somebody else's.
//!
//! Keys, clock and settings are the same in every run, so that an input means the same for ever.
#![expect(
    clippy::unwrap_used,
    reason = "a target that finds something wrong panics; so does one that cannot set up its world"
)]

pub mod authorization_header;
pub mod claims;
pub mod discovery;
pub mod dpop_proof;
pub mod introspection;
pub mod jose_header;
pub mod jwks;
pub mod logout_token;
#[cfg(feature = "gateway")]
pub mod path;
#[cfg(feature = "gateway")]
pub mod rules;
pub mod security_event;
pub mod signed_introspection;
pub mod structured_field;
pub mod token;

mod client;
mod json;
mod reading;
mod service;
mod signer;

/// What became of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The library took it for good, and so did the second reading.
    Accepted,
    /// It was refused.
    Refused,
}

/// A target by its name, which is also that of its corpus.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// What it does with an input.
    pub run: fn(&[u8]) -> Outcome,
}

/// All of them.
pub const TARGETS: &[Target] = &[
    target("authorization_header", authorization_header::run),
    target("claims", claims::run),
    target("discovery", discovery::run),
    target("dpop_proof", dpop_proof::run),
    target("introspection", introspection::run),
    target("jose_header", jose_header::run),
    target("jwks", jwks::run),
    target("logout_token", logout_token::run),
    #[cfg(feature = "gateway")]
    target("path", path::run),
    #[cfg(feature = "gateway")]
    target("rules", rules::run),
    target("security_event", security_event::run),
    target("signed_introspection", signed_introspection::run),
    target("structured_field", structured_field::run),
    target("token", token::run),
];

const fn target(name: &'static str, run: fn(&[u8]) -> Outcome) -> Target {
    Target { name, run }
}

impl Outcome {
    fn accepted_if(is_accepted: bool) -> Self {
        if is_accepted {
            Self::Accepted
        } else {
            Self::Refused
        }
    }
}
