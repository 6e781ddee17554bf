//! Where many threads and tasks of the library meet, in orders that shuttle chooses.
//!
//! What is explored are the library's own files: the flights of introspection and of documents, the calls
//! under way, the entries of what is revoked and the bells. They are compiled here once more, and take
//! their locks, atomics and tasks from `concurrency`, which is shuttle's here; so nothing in the library
//! knows of this. The channels of tokio stay as they are: each of their operations is one step. Atomics are
//! explored as if all were sequentially consistent.
// The library's own tests stand in these files, too, and are the library's to run.
#![cfg(not(test))]
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a promise that is broken is a panic, by which shuttle knows it"
)]

mod concurrency;
mod explored;
mod facts;
mod http_client;
mod order;
mod revocation;
mod telemetry;
mod verify;

pub use self::explored::{Explored, all};
pub(crate) use self::{
    facts::{Answer, Facts, Reason, Rejection},
    revocation::TokenFacts,
};
pub(crate) use portcullis::{Clock, Timestamp};
