//! How often something may be done, and whose turn it is.

mod bucket;
mod queue;
mod refresh_point;
mod turns;

pub(crate) use self::{
    bucket::Bucket,
    refresh_point::refresh_point,
    turns::{Crowded, Turns, Urgency},
};
