//! How Portcullis speaks HTTP with an authorization server.

mod client;
mod document;
#[cfg(feature = "reqwest")]
mod reqwest;
mod server_url;

pub use self::client::{HttpClient, HttpError, HttpFuture, Limits};
#[cfg(feature = "reqwest")]
pub use self::reqwest::ReqwestClient;
pub(crate) use self::{
    document::{FetchError, fetch_document},
    server_url::{ServerUrl, without_user},
};
