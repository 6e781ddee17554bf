//! Streams that end with their token.

mod bounds;
mod direction;
mod input;
mod layer;
mod output;
mod service;
mod web;

pub(crate) use self::bounds::{Bounds, StreamEnd};
pub use self::{
    layer::EndWithTokenLayer,
    service::{EndWithToken, EndWithTokenFuture},
};
