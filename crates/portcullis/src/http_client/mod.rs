//! How Portcullis speaks HTTP with an authorization server.

mod client;
mod document;
mod flight;
mod pilot;
#[cfg(feature = "reqwest")]
mod reqwest;
mod server_url;

pub use self::client::{HttpClient, HttpError, HttpFuture, Limits};
#[cfg(feature = "reqwest")]
pub use self::reqwest::ReqwestClient;
pub(crate) use self::{
    document::{FetchError, fetch_document},
    flight::{Began, Flight, Outcome, Runway},
    pilot::Fetcher,
    server_url::{ServerUrl, UnfitUrl, without_user},
};
