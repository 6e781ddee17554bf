//! npm's oidc-provider for tests: fetched once, started on a loopback port as a test wants it, and
//! ended with the test process whatever becomes of it.
//!
//! | noun | what it is |
//! |---|---|
//! | [`Installation`] | the packages of `server/package-lock.json`, Node.js among them, under `target/` |
//! | [`Configuration`] | clients, resources and keys of one server |
//! | [`Server`] | a running server; can be stopped, frozen, started again with other keys |
//! | [`Client`] | what a client does with it: tokens, revocation, introspection |
//! | [`Authority`] | certificates, for servers and clients that use TLS |
//!
//! The suite itself is in `tests/oidc-provider/`. It runs on Unix: processes are ended by group.

mod authority;
mod client;
mod configuration;
mod installation;
mod server;

use portcullis_real_servers::Suite;
pub use portcullis_real_servers::{SuiteError, header_of, payload_of, until};

pub use self::{
    authority::{Authority, Certificate},
    client::{Client, Tokens},
    configuration::{Configuration, Resource, Tls},
    installation::Installation,
    server::Server,
};

/// The name and the folder of the suite.
pub const SUITE: Suite = Suite::named("oidc-provider");
