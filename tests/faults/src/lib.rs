//! Faults on real parts: what Portcullis answers while Keycloak and Redis are slow, silent, cut off, killed.
//!
//! | noun | what it is |
//! |---|---|
//! | [`FaultProxy`] | the way to a server, with a [`Fault`] that is switched while it runs |
//! | [`routes`] | a service with a route for each [`Way`] of knowing |
//! | [`Replica`] | that service as a process of its own (`faults-service`) |
//! | [`soak`] | hours of load with all of that in it, and an oracle |
//!
//! Its tests are in `tests/faults/`. It runs on Unix: processes are ended by group.

mod fault;
mod proxy;
mod replica;
mod serve;
mod service;
pub mod soak;

use portcullis_real_servers::Suite;
pub use portcullis_real_servers::{SuiteError, until};

pub use self::{
    fault::Fault,
    proxy::FaultProxy,
    replica::{Held, Replica, ReplicaSettings},
    serve::serve,
    service::{Way, routes},
};

/// The name and the folder of the suite.
pub const SUITE: Suite = Suite::named("faults");
