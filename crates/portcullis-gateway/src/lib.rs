#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::exhaustive_enums)]

pub mod config;
mod ext_authz;
pub mod forwarded;
mod gate;
pub mod identity;
mod issuer;
mod path;
pub mod printed;
mod reload;
pub mod rules;
mod serve;
pub mod telemetry;
mod upstream;

pub use crate::{
    config::Config,
    ext_authz::ExtAuthz,
    gate::{Gate, Policy},
    issuer::{Judging, JudgingError},
    path::{CanonicalPath, PathRefusal},
    reload::{ReloadError, RuleFile},
    serve::{Server, StartError, TlsError},
    upstream::{NoHosts, Upstream, UpstreamToken},
};
