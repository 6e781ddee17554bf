#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod claims;
mod claims_type;
mod management;
mod readiness;
mod rejection;
mod require_active;
mod token;

pub use crate::{
    claims::Claims, claims_type::ClaimsType, management::management_router,
    readiness::readiness_route, rejection::AuthRejection, require_active::RequireActive,
    token::Token,
};
