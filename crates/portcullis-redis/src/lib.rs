#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod address;
mod config_error;
mod connection;
mod feed;
mod link;
mod state;
mod store;
#[cfg(feature = "tls")]
mod tls;

pub use crate::{config_error::RedisConfigError, state::RedisState};
