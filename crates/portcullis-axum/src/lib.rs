#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod claims;
mod claims_type;
mod rejection;
mod require_active;
mod token;

pub use crate::{
    claims::Claims, claims_type::ClaimsType, rejection::AuthRejection,
    require_active::RequireActive, token::Token,
};
