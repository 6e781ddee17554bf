//! What was asked: one record per request, and counters to wait on.

use std::collections::VecDeque;

use bytes::Bytes;
use http::{HeaderMap, Method};
use tokio::sync::watch;

use crate::lock::Lock;

/// Records kept per endpoint, and what they may take; the counters go on, the oldest records go.
const KEPT_RECORDS: usize = 65_536;
const KEPT_BYTES: usize = 16 * 1024 * 1024;

/// What a record or a header takes beside its text, roughly.
const OVERHEAD: usize = 128;

/// A request as it arrived.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// The method.
    pub method: Method,
    /// The request target as sent, with its query.
    pub target: String,
    /// All headers, repeated ones included.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// The certificate the client showed in mutual TLS, as DER.
    pub client_certificate: Option<Bytes>,
}

impl RecordedRequest {
    pub(crate) fn new(method: Method, target: String, headers: HeaderMap, body: Bytes) -> Self {
        Self {
            method,
            target,
            headers,
            body,
            client_certificate: None,
        }
    }

    /// The bytes that it takes, roughly.
    fn size(&self) -> usize {
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| OVERHEAD + name.as_str().len() + value.len());
        let certificate = self.client_certificate.as_ref().map_or(0, Bytes::len);
        OVERHEAD + self.target.len() + headers.sum::<usize>() + self.body.len() + certificate
    }

    /// The value of a header if it was sent exactly once and is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        single_header(&self.headers, name)
    }

    /// The parameters of a form body, decoded, in their order, repeated ones included.
    #[must_use]
    pub fn form(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(&self.body).into_owned().collect()
    }

    /// A form parameter if it was sent exactly once.
    #[must_use]
    pub fn form_value(&self, name: &str) -> Option<String> {
        let mut values = self.form().into_iter().filter(|(known, _)| known == name);
        let (_, value) = values.next()?;
        if values.next().is_some() {
            None
        } else {
            Some(value)
        }
    }
}

/// The value of a header that is there once and is text.
pub(crate) fn single_header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() {
        None
    } else {
        value.to_str().ok()
    }
}

/// The requests of one endpoint.
#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    records: Lock<Records>,
    count: watch::Sender<usize>,
}

/// The newest requests.
#[derive(Debug, Default)]
struct Records {
    requests: VecDeque<RecordedRequest>,
    bytes: usize,
}

impl Records {
    fn add(&mut self, request: RecordedRequest) {
        self.bytes += request.size();
        self.requests.push_back(request);
        while self.requests.len() > KEPT_RECORDS || self.bytes > KEPT_BYTES {
            let Some(oldest) = self.requests.pop_front() else {
                return;
            };
            self.bytes -= oldest.size();
        }
    }
}

impl RequestLog {
    pub(crate) fn add(&self, request: RecordedRequest) {
        self.records.lock().add(request);
        self.count.send_modify(|count| *count += 1);
    }

    pub(crate) fn records(&self) -> Vec<RecordedRequest> {
        self.records.lock().requests.iter().cloned().collect()
    }

    pub(crate) fn count(&self) -> usize {
        *self.count.borrow()
    }

    pub(crate) fn clear(&self) {
        *self.records.lock() = Records::default();
        self.count.send_replace(0);
    }

    pub(crate) async fn wait_for(&self, count: usize) {
        let mut seen = self.count.subscribe();
        // The sender lives in `self`, so this never fails.
        let _ = seen.wait_for(|seen| *seen >= count).await;
    }
}
