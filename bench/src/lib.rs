//! What one request costs: a bare service, the same behind a layer that does nothing, the same
//! behind the layer that verifies a token.
//!
//! And what one look into the set of what is over costs, when it is empty and when a million things
//! are.
//!
//! Both benchmarks measure the same [`Case`]s. `wall_time` says how long they take on the machine
//! at hand, `instructions` how many instructions callgrind counts; the second figure is the one to
//! compare between commits, because no neighbour on the machine can change it.

mod case;
mod known_token;
mod no_op;
mod revocations;
mod service;

pub use crate::{
    case::Case,
    known_token::{authorization, known_token},
    no_op::{NoOp, NoOpLayer},
    revocations::Revocations,
    service::{Body, bare},
};
