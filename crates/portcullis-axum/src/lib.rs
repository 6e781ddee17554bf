#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod backchannel_logout;
mod claims;
mod claims_type;
mod management;
mod not_before;
mod notice;
mod original_uri;
mod peers;
mod readiness;
mod rejection;
mod require_active;
mod resource_metadata;
mod scoped;
mod security_event;
mod single_header;
mod token;

pub use crate::{
    backchannel_logout::backchannel_logout_route, claims::Claims, claims_type::ClaimsType,
    management::management_router, not_before::not_before_router, original_uri::original_uri,
    peers::from_addresses, readiness::readiness_route, rejection::AuthRejection,
    require_active::RequireActive, resource_metadata::resource_metadata_route, scoped::Scoped,
    security_event::security_event_route, token::Token,
};
