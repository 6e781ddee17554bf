//! How often something may be done, and whose turn it is.

mod bucket;
mod queue;
mod turns;

pub(crate) use self::{
    bucket::Bucket,
    turns::{Crowded, Turns, Urgency},
};
