//! What many instances cost: a model of calls to the authorization server, of memory and of how long
//! an ended session is still served; and a simulation that knows nothing of the model.
//!
//! Requests arrive at random, each with any of the tokens in use and at any of the replicas: no
//! router sends a token to the replica that knows it, which is the worst case for all that is
//! remembered.

mod fleet;
mod model;
mod numbers;
mod simulation;

pub use crate::{
    fleet::{Asking, Cost, Fleet},
    model::estimate,
    simulation::simulate,
};
