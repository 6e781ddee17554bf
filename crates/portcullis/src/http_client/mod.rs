//! How Portcullis speaks HTTP with an authorization server.

mod client;
mod document;
mod excerpt;
mod fetch_task;
#[cfg(feature = "reqwest")]
mod reqwest;
mod send_again;
mod server_url;
mod single_flight;

pub use self::client::{HttpClient, HttpError, HttpFuture, Limits};
#[cfg(feature = "reqwest")]
pub use self::reqwest::{ClientCertificate, ReqwestClient, ReqwestClientBuilder};
#[cfg(feature = "status-list")]
pub(crate) use self::single_flight::Departure;
pub(crate) use self::{
    document::{FetchError, fetch_document, fetch_from_origin},
    excerpt::excerpt,
    fetch_task::Fetcher,
    send_again::{AttemptError, send_again},
    server_url::{ServerUrl, UnfitUrl, without_user},
    single_flight::{Began, Flight, Outcome, SingleFlight},
};
