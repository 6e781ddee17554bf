//! A real nginx or Envoy with a real `portcullis-gateway` beside it, for tests: each on a loopback port of its own,
//! and ended with the test process whatever becomes of it.
//!
//! | noun | what it is |
//! |---|---|
//! | [`Gateway`] | the forward-auth server as a process, with its file |
//! | [`Nginx`] | an nginx that asks it, with the configuration that it prints |
//! | [`Envoy`] | an Envoy that does |
//! | [`Template`] | `examples/gateway-nginx` as a process |
//! | [`Upstream`] | what stands behind them: tells what reached it |
//! | [`PATH_TRICKS`] | paths that try to come past a rule |
//! | [`Wire`], [`Kept`] | requests letter by letter, as no well-behaved client sends them; and many, at little cost |
//! | [`Installation`], [`EnvoyInstallation`] | the `nginx` of this machine; the Envoy that was fetched for it |
//!
//! Its own tests are in `tests/nginx/` and `tests/envoy/`. It runs on Unix: processes are ended by group.

mod build;
mod envoy;
mod gateway;
mod installation;
mod nginx;
mod paths;
mod template;
mod upstream;
mod wire;

use portcullis_real_servers::Suite;
pub use portcullis_real_servers::{SuiteError, until};

pub use self::{
    envoy::{Envoy, EnvoyInstallation},
    gateway::Gateway,
    installation::Installation,
    nginx::Nginx,
    paths::PATH_TRICKS,
    template::Template,
    upstream::{Reached, Upstream},
    wire::{Kept, Reply, Wire},
};

/// The name and the folder of the suite.
pub const SUITE: Suite = Suite::named("gateway");
