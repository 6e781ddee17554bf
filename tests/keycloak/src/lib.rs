//! A real Keycloak for tests: found or fetched, started on a loopback port, filled with the
//! realm `shop`, and ended with the test process whatever becomes of it.
//!
//! | noun | what it is |
//! |---|---|
//! | [`Distribution`] | where Keycloak comes from: `KEYCLOAK_HOME`, Maven Central, or a container |
//! | [`Server`] | a running Keycloak with data of its own; can be stopped, frozen, started again |
//! | [`Admin`], [`RealmAdmin`] | what an administrator does to it |
//! | [`Realm`] | what clients do with it: tokens, logout, introspection |
//! | [`Browser`] | a user at the login page: one session for several clients |
//! | [`Example`] | a template of the project's as a process, driven over HTTP |
//! | [`CommandLine`] | `portcullis` as a process, run to its end |
//!
//! The suite itself is in `tests/keycloak/`. It runs on Unix: processes are ended by group.

mod admin;
mod command_line;
mod distribution;
mod example;
mod realm;
mod server;

use portcullis_real_servers::Suite;
pub use portcullis_real_servers::{SuiteError, header_of, payload_of, until};

pub use self::{
    admin::{Admin, Delivery, RealmAdmin, User},
    command_line::CommandLine,
    distribution::{Distribution, VERSION},
    example::{Answer, Example, Settings, Template},
    realm::{Browser, Client, Realm, SHOP, Stream, Tokens},
    server::{Authority, Server},
};

/// The name and the folder of the suite.
pub const SUITE: Suite = Suite::named("keycloak");
