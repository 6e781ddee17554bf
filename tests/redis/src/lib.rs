//! A real Redis for tests: as many servers as a test wants, each on a loopback port of its own,
//! and ended with the test process whatever becomes of it.
//!
//! | noun | what it is |
//! |---|---|
//! | [`RedisServer`] | a running server; can be killed, frozen, flushed, started again |
//! | its replicas | started by [`RedisServer::start_replica_of`], held back, and promoted in the master's place |
//! | [`Configuration`] | whether it wants a password, writes to disk, speaks TLS |
//! | [`Installation`] | the `redis-server` of this machine |
//!
//! Its own tests are in `tests/redis/`. It runs on Unix: processes are ended by group.

mod configuration;
mod installation;
mod replication;
mod server;

use portcullis_real_servers::Suite;
pub use portcullis_real_servers::{SuiteError, until};

pub use self::{configuration::Configuration, installation::Installation, server::RedisServer};

/// The name and the folder of the suite.
pub const SUITE: Suite = Suite::named("redis");
