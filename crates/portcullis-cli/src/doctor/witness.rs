use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use http::{HeaderName, Request, Response, StatusCode};
use portcullis::{HttpClient, HttpError, HttpFuture, Limits, ReqwestClient};
use serde_json::Value;

use super::{
    arguments::Method,
    sent::{Confidential, method},
};

/// An HTTP client that remembers what was answered. What the library makes of it is the verdict; what
/// was answered is the evidence.
#[derive(Debug, Clone)]
pub(crate) struct Witness {
    client: ReqwestClient,
    seen: Arc<Mutex<Vec<Exchange>>>,
    sent: Arc<Mutex<Confidential>>,
}

/// A request that was sent, and what came of it. What it has sent is kept in order not to be repeated.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    /// Without a query.
    pub(crate) url: String,
    /// How it has proven whose it is, if it has by a secret.
    pub(super) method: Option<Method>,
    pub(crate) began: SystemTime,
    pub(crate) took: Duration,
    /// When the answer had come, by our own clock.
    pub(crate) ended: SystemTime,
    pub(crate) outcome: Result<Response<Bytes>, HttpError>,
    sent: Confidential,
}

impl Witness {
    pub(crate) fn new(client: ReqwestClient) -> Self {
        let (seen, sent) = (Arc::default(), Arc::default());
        Self { client, seen, sent }
    }

    /// Everything that was seen until now, which is forgotten thereby.
    pub(crate) fn take(&self) -> Vec<Exchange> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut seen)
    }

    /// Sends a request that is the doctor's own, and takes what was seen of it.
    pub(super) async fn ask(&self, request: Request<Bytes>, limits: Limits) -> Option<Exchange> {
        // What came of it is seen below.
        let _ = self.send(request, limits).await;
        self.take().pop()
    }

    /// Notes what a request sends, and tells all that was sent until then.
    fn noted(&self, request: &Request<Bytes>) -> Confidential {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.note(request);
        sent.clone()
    }
}

impl HttpClient for Witness {
    fn send(&self, request: Request<Bytes>, limits: Limits) -> HttpFuture {
        let (client, seen) = (self.client.clone(), self.seen.clone());
        let (method, sent) = (method(&request), self.noted(&request));
        Box::pin(async move {
            let url = request.uri().to_string();
            let url = url.split('?').next().unwrap_or_default().to_owned();
            let (began, started) = (SystemTime::now(), Instant::now());
            let outcome = client.send(request, limits).await;
            let exchange = Exchange {
                url,
                method,
                began,
                took: started.elapsed(),
                ended: SystemTime::now(),
                outcome: outcome.clone(),
                sent,
            };
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.push(exchange);
            drop(seen);
            outcome
        })
    }
}

impl Exchange {
    pub(crate) fn answer(&self) -> Option<&Response<Bytes>> {
        self.outcome.as_ref().ok()
    }

    pub(crate) fn status(&self) -> Option<StatusCode> {
        self.answer().map(Response::status)
    }

    /// A header of the answer, without what was sent.
    pub(crate) fn header(&self, name: HeaderName) -> Option<String> {
        let value = self.answer()?.headers().get(name)?.to_str().ok()?;
        Some(self.sent.redact(value))
    }

    /// The body of an answer that is JSON.
    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(self.answer()?.body()).ok()
    }

    /// What an answer that is an error says of itself (RFC 6749 §5.2): `error` and
    /// `error_description`, without what was sent.
    pub(crate) fn said(&self) -> Said {
        let json = self.json().unwrap_or_default();
        let text = |name: &str| {
            let text = json.get(name).and_then(Value::as_str).unwrap_or_default();
            let text = self.sent.redact(text);
            text.chars().take(LONGEST_SAID).collect()
        };
        Said {
            error: text("error"),
            description: text("error_description"),
        }
    }

    /// Whether it is about what an issuer publishes of itself.
    pub(crate) fn is_of_metadata(&self) -> bool {
        self.url.contains("/.well-known/")
    }
}

/// As much as goes into a line.
const LONGEST_SAID: usize = 200;

/// The server's own words for an error; empty where it has none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) error: String,
    pub(crate) description: String,
}

impl Said {
    /// Both in one text, for a line.
    pub(crate) fn line(&self) -> String {
        match (self.error.as_str(), self.description.as_str()) {
            ("", "") => "nothing more".to_owned(),
            (error, "") => format!("{error:?}"),
            (error, description) => format!("{error:?}: {description:?}"),
        }
    }
}
