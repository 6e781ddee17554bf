use std::fmt;

use bytes::Bytes;
use prost::Message;

use super::header::{HeaderEntry, HeaderMap};

/// `envoy.service.auth.v3.CheckRequest`
#[derive(Clone, PartialEq, Message)]
pub(crate) struct CheckRequest {
    #[prost(message, optional, tag = "1")]
    pub(crate) attributes: Option<AttributeContext>,
}

/// `envoy.service.auth.v3.AttributeContext`
#[derive(Clone, PartialEq, Message)]
pub(crate) struct AttributeContext {
    /// Who is connected to Envoy.
    #[prost(message, optional, tag = "1")]
    pub(crate) source: Option<Peer>,
    #[prost(message, optional, tag = "4")]
    pub(crate) request: Option<Request>,
}

/// `envoy.service.auth.v3.AttributeContext.Peer`
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Peer {
    /// Its certificate, in PEM, percent-encoded; empty for none.
    #[prost(bytes = "bytes", tag = "5")]
    pub(crate) certificate: Bytes,
}

/// `envoy.service.auth.v3.AttributeContext.Request`
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Request {
    #[prost(message, optional, tag = "2")]
    pub(crate) http: Option<HttpRequest>,
}

/// `envoy.service.auth.v3.AttributeContext.HttpRequest`
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct HttpRequest {
    #[prost(bytes = "bytes", tag = "2")]
    pub(crate) method: Bytes,
    /// Lines of one name are joined by commas, and what is no text is replaced.
    #[prost(message, repeated, tag = "3")]
    pub(crate) headers: Vec<HeaderEntry>,
    /// The target of the request, with its query.
    #[prost(bytes = "bytes", tag = "4")]
    pub(crate) path: Bytes,
    /// `Host` or `:authority`.
    #[prost(bytes = "bytes", tag = "5")]
    pub(crate) host: Bytes,
    /// In place of `headers`, line by line, where Envoy is told to `encode_raw_headers`.
    #[prost(message, optional, tag = "13")]
    pub(crate) header_map: Option<HeaderMap>,
}

/// What a client has sent goes into no log by accident.
impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpRequest").finish_non_exhaustive()
    }
}
