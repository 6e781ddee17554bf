//! How often something may be done, and whose turn it is.

mod bucket;
mod in_place;
mod places;
mod queue;
mod refresh_point;
mod turns;

pub(crate) use self::{
    bucket::Bucket,
    in_place::{Overdue, in_place},
    places::Places,
    refresh_point::refresh_point,
    turns::{Crowded, Turns, Urgency},
};
