use std::fmt;

use bytes::Bytes;
use http::Request;

/// A request that says who asks, made by
/// [`ClientAuthentication::request`](super::ClientAuthentication::request). Its Debug shows where it goes
/// and nothing of what is in it.
#[must_use = "nothing was sent"]
pub struct ClientRequest {
    request: Request<Bytes>,
}

impl ClientRequest {
    pub(super) fn new(request: Request<Bytes>) -> Self {
        Self { request }
    }

    /// The request itself, to be sent. From here on its body may hold a secret that its Debug prints.
    pub fn into_http(self) -> Request<Bytes> {
        self.request
    }
}

impl fmt::Debug for ClientRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.request.uri().to_string();
        let address = address.split('?').next().unwrap_or_default();
        f.debug_struct("ClientRequest")
            .field("method", self.request.method())
            .field("address", &address)
            .finish_non_exhaustive()
    }
}
