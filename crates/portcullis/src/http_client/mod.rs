//! How Portcullis speaks HTTP with an authorization server.

mod client;
mod document;
mod fetch_task;
#[cfg(feature = "reqwest")]
mod reqwest;
mod server_url;
mod single_flight;

pub use self::client::{HttpClient, HttpError, HttpFuture, Limits};
#[cfg(feature = "reqwest")]
pub use self::reqwest::ReqwestClient;
pub(crate) use self::{
    document::{FetchError, fetch_document},
    fetch_task::Fetcher,
    server_url::{ServerUrl, UnfitUrl, without_user},
    single_flight::{Began, Flight, Outcome, SingleFlight},
};
