//! A gateway in front of Keycloak that can lose its keys.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use tokio::{net::TcpListener, task::JoinHandle};

use crate::environment::Environment;

/// Passes everything on to Keycloak. Dropping it ends it.
pub(crate) struct Gateway {
    base_url: String,
    keys_withheld: Arc<AtomicBool>,
    serving: JoinHandle<()>,
}

#[derive(Clone)]
struct Upstream {
    base_url: String,
    http: reqwest::Client,
    keys_withheld: Arc<AtomicBool>,
}

impl Gateway {
    pub(crate) async fn start(env: &Environment) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let keys_withheld = Arc::new(AtomicBool::new(false));
        let upstream = Upstream {
            base_url: env.server.lock().await.base_url().to_owned(),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            keys_withheld: Arc::clone(&keys_withheld),
        };
        let router = Router::new().fallback(pass_on).with_state(upstream);
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            base_url,
            keys_withheld,
            serving,
        }
    }

    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The realm as it is known behind this gateway.
    pub(crate) fn issuer(&self, realm: &str) -> String {
        format!("{}/realms/{realm}", self.base_url)
    }

    pub(crate) fn withhold_keys(&self, withheld: bool) {
        self.keys_withheld.store(withheld, Ordering::SeqCst);
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn pass_on(
    State(upstream): State<Upstream>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if uri.path().ends_with("/certs") && upstream.keys_withheld.load(Ordering::SeqCst) {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    let mut request = upstream
        .http
        .request(method, format!("{}{uri}", upstream.base_url));
    for name in [header::AUTHORIZATION, header::CONTENT_TYPE, header::ACCEPT] {
        if let Some(value) = headers.get(&name) {
            request = request.header(name, value);
        }
    }
    let Ok(answer) = request.body(body).send().await else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    let status = answer.status();
    let kind = answer.headers().get(header::CONTENT_TYPE).cloned();
    let body = answer.bytes().await.unwrap();
    let mut response = (status, body).into_response();
    if let Some(kind) = kind {
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    response
}
