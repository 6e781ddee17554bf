//! The fetches of one document.

mod documents;
mod error;
#[path = "../../../../crates/portcullis/src/http_client/fetch_task.rs"]
mod fetch_task;
#[expect(dead_code, reason = "not everything is explored")]
#[path = "../../../../crates/portcullis/src/http_client/single_flight.rs"]
mod single_flight;

use self::{
    error::FetchError,
    fetch_task::Fetcher,
    single_flight::{Began, Outcome, SingleFlight},
};
use crate::Explored;

pub(crate) const EXPLORED: &[Explored] = &[
    Explored::new(
        "a document is fetched by one at a time, for all",
        documents::joined,
    ),
    Explored::new(
        "a fetch that is cut off leaves nobody waiting",
        documents::cut_off,
    ),
];
