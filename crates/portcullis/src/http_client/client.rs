use std::{fmt, future::Future, pin::Pin, time::Duration};

use bytes::Bytes;
use http::{Request, Response};

/// What a call may cost.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Limits {
    /// The deadline of the whole call: connect, headers and body.
    pub deadline: Duration,
    /// How many bytes of body are read at the most.
    pub body: usize,
}

impl Limits {
    /// Limits of this deadline and this many bytes of body.
    #[must_use]
    pub const fn new(deadline: Duration, body: usize) -> Self {
        Self { deadline, body }
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// No connection: name, network, TLS, or none in time.
    #[error("no connection: {0}")]
    Unreachable(String),
    /// A connection that stood died before a complete head of an answer came, as idle ones do. The
    /// request is sent once more then; a client of your own should tell this apart from other
    /// failures.
    #[error("the connection died before an answer came: {0}")]
    ConnectionLost(String),
    /// The deadline passed.
    #[error("no complete answer within the deadline")]
    Timeout,
    /// The body is longer than its limit.
    #[error("the body is longer than {limit} bytes")]
    BodyTooLong {
        /// The limit.
        limit: usize,
    },
    /// The answer is not HTTP, or its body ends too soon.
    #[error("the answer broke off: {0}")]
    Broken(String),
}

/// The answer to a call.
pub type HttpFuture = Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send>>;

/// An HTTP client.
///
/// An implementation of your own must follow no redirects, use no proxy that the operator did
/// not ask for, ask for no compression, send nothing twice, and keep both limits. Errors must not
/// hold the request's headers or body: they carry secrets.
pub trait HttpClient: fmt::Debug + Send + Sync + 'static {
    /// Sends a request and reads the whole answer, whatever its status.
    fn send(&self, request: Request<Bytes>, limits: Limits) -> HttpFuture;
}
