//! Everything that can happen to a token, in random order, held against what is promised.
//!
//! A [`Schedule`] is drawn from a seed and played by [`play`]: services of one or two instances take
//! requests while an authorization server in memory issues, revokes, ends sessions, rotates its keys,
//! stalls and fails, callers go away, time passes by a manual clock, and what instances share is late or
//! out of order. The library is the real one, through its public API; only the server and the wires are
//! not. [`promise`] has what must hold, by what the server has said and when. A schedule that breaks a
//! promise is made shorter ([`shortest`]) and printed with its seed.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    reason = "a test that cannot set up its world fails by panicking"
)]

mod call;
mod clock;
mod feed;
mod found;
mod instance;
mod journal;
mod jwt;
mod player;
pub mod promise;
mod run;
mod schedule;
mod server;
mod shrink;
mod store;
mod wire;
mod world;

pub use self::{
    found::found,
    player::{Figures, play},
    promise::Violation,
    run::{Run, run},
    schedule::Schedule,
    shrink::shortest,
};
