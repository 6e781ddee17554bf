//! What stands behind the gateway.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue},
};
use portcullis_real_servers::SuiteError;
use serde::{Deserialize, Serialize};
use tokio::{net::TcpListener, task::JoinHandle};

/// A service that knows nothing of tokens, and answers with what reached it; from `…/accel` it sends
/// nginx to where nginx asks about requests. Dropping it ends it.
#[derive(Debug)]
pub struct Upstream {
    port: u16,
    requests: Arc<AtomicUsize>,
    serving: JoinHandle<()>,
}

/// A request as it reached the upstream.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Reached {
    /// Its method.
    pub method: String,
    /// Its target.
    pub target: String,
    /// Its headers, names in lower case, in order.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: String,
}

impl Upstream {
    const MAX_BODY: usize = 1024 * 1024;

    /// Starts it.
    ///
    /// # Errors
    /// When it cannot listen.
    pub async fn start() -> Result<Self, SuiteError> {
        let failed = |source| SuiteError::File {
            doing: "listening on 127.0.0.1".to_owned(),
            source,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let requests = Arc::new(AtomicUsize::new(0));
        let router = Router::new()
            .fallback(tell)
            .with_state(Arc::clone(&requests));
        let serving = tokio::spawn(async move {
            // It ends with the test.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self {
            port,
            requests,
            serving,
        })
    }

    /// Where it listens.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// How many requests have reached it.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Reached {
    /// The values of a header, in every spelling that some upstream may take for it.
    #[must_use]
    pub fn values_like(&self, name: &str) -> Vec<&str> {
        let is_sign = |sign: char| !sign.is_ascii_alphanumeric();
        let plain = |name: &str| name.to_ascii_lowercase().replace(is_sign, "-");
        let like = self
            .headers
            .iter()
            .filter(|(own, _)| plain(own) == plain(name));
        like.map(|(_, value)| value.as_str()).collect()
    }
}

async fn tell(
    State(requests): State<Arc<AtomicUsize>>,
    request: Request<Body>,
) -> (HeaderMap, Json<Reached>) {
    requests.fetch_add(1, Ordering::SeqCst);
    let mut sent = HeaderMap::new();
    if request.uri().path().ends_with("/accel") {
        let inner = HeaderValue::from_static("/_portcullis");
        sent.insert("x-accel-redirect", inner);
    }
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, Upstream::MAX_BODY).await.unwrap_or_default();
    let headers = parts.headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str().to_owned(), value)
    });
    let reached = Reached {
        method: parts.method.to_string(),
        target: parts.uri.to_string(),
        headers: headers.collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    (sent, Json(reached))
}
