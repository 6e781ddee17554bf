#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod answer;
mod methods;
mod request_ext;
mod require_active;
mod status;
mod streams;

pub use crate::{
    methods::{
        BehindLayer, BehindService, GuardMethods, GuardMethodsFuture, HEALTH, MethodGuard, Methods,
        MethodsError, MethodsLayer, REFLECTION,
    },
    request_ext::RequestExt,
    require_active::{require_active, require_active_within},
    status::status,
    streams::{EndWithToken, EndWithTokenFuture, EndWithTokenLayer},
};
