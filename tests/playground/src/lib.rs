//! A real Chromium with the playground of `portcullis demo` in it, for tests: each with a driver and a demo
//! of its own, ended with the test process whatever becomes of it.
//!
//! | noun | what it is |
//! |---|---|
//! | [`Installation`] | the `chromium` and the `chromedriver` of this machine, and axe-core from npm |
//! | [`Browser`] | a window, driven over HTTP |
//! | [`Violation`] | something that axe-core finds |
//!
//! Its own tests are in `tests/playground/`. It runs on Unix: processes are ended by group.

mod axe;
mod browser;
mod installation;

use portcullis_real_servers::Suite;
pub use portcullis_real_servers::{Demo, SuiteError, until, workspace};
pub use thirtyfour::Key;

pub use self::{axe::Violation, browser::Browser, installation::Installation};

/// The name and the folder of the suite.
pub const SUITE: Suite = Suite::named("playground");
