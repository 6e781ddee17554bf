//! What became of something that was pushed.

use bytes::Bytes;
use http::HeaderMap;

use crate::{error::DeliveryError, record::single_header};

/// What a receiver answered.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ReceiverAnswer {
    /// The status.
    pub status: u16,
    /// All headers, repeated ones included.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// What became of the notice to one client of a session that was logged out.
#[derive(Debug)]
#[non_exhaustive]
pub struct NoticeDelivery {
    /// The id of the client.
    pub client: String,
    /// Where the notice was sent: the client's back-channel logout URL.
    pub url: String,
    /// The receiver's answer, or why there is none. Neither changes what the server does next.
    pub outcome: Result<ReceiverAnswer, DeliveryError>,
}

impl ReceiverAnswer {
    /// The value of a header if it was sent exactly once and is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        single_header(&self.headers, name)
    }
}

impl NoticeDelivery {
    /// The status of the receiver's answer, if it gave one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.outcome.as_ref().map(|answer| answer.status).ok()
    }
}
