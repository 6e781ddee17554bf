//! What the suites against real servers share.
//!
//! | noun | what it is |
//! |---|---|
//! | [`Suite`] | a suite by name: its folder, what it says, how it is skipped |
//! | [`Supervised`] | a child process that does not outlive this one |
//! | [`Demo`] | `portcullis demo` |
//! | [`NpmPackages`], [`NodeScript`] | packages of npm, fetched once; a script that stands on them |
//! | [`Shared`] | what takes long to make and all tests of a process use |
//! | [`SuiteError`] | what can go wrong, each with what to do about it |
//!
//! It runs on Unix: processes are ended by group.

mod build;
mod demo;
mod error;
mod http;
mod jwt;
mod node;
mod npm;
mod poll;
mod port;
mod progress;
mod shared;
mod suite;
mod supervised;

pub use self::{
    build::{built, template},
    demo::Demo,
    error::SuiteError,
    http::{expect_success, http_client, http_client_with, json, text_member, with_basic},
    jwt::{header_of, payload_of},
    node::NodeScript,
    npm::NpmPackages,
    poll::{tail, until},
    port::free_port,
    shared::{Making, Shared},
    suite::{Suite, is_on_path, on_path, workspace},
    supervised::Supervised,
};
