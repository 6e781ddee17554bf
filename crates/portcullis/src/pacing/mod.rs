//! How often something may be done, and whose turn it is.

mod bucket;
mod patience;
mod places;
mod queue;
mod refresh_point;
mod turns;

pub(crate) use self::{
    bucket::Bucket,
    patience::{Overdue, Patience},
    places::Places,
    refresh_point::refresh_point,
    turns::{Crowded, Turns, Urgency},
};
