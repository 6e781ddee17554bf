//! Portcullis in process, for what the example cannot be told by its environment: another
//! verifier, another HTTP client, another clock.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    http::{HeaderName, Method, Request, Response, StatusCode, header},
    routing::{get, post},
};
use portcullis::{
    AuthenticateLayer, HttpClient, HttpFuture, Limits, LiveVerifier, RequireRole, ReqwestClient,
    TokenVerifier,
};
use portcullis_axum::{Claims, RequireActive, Token};
use serde_json::{Value, json};
use tower::ServiceExt;

/// Three routes behind one verifier: `/me` and `/admin` as it is configured, `/payments` live.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    router: Router,
}

impl Service {
    /// For a verifier that can ask.
    pub(crate) fn asking(verifier: impl LiveVerifier) -> Self {
        let routes = local_routes().route("/payments", post(pay));
        Self {
            router: routes.layer(AuthenticateLayer::new(verifier)),
        }
    }

    /// With routes and a layer of the test's own.
    pub(crate) fn of(router: Router) -> Self {
        Self { router }
    }

    /// For a verifier that asks nobody: without `/payments`.
    pub(crate) fn local(verifier: impl TokenVerifier) -> Self {
        Self {
            router: local_routes().layer(AuthenticateLayer::new(verifier)),
        }
    }

    /// What `/me` says of a token.
    pub(crate) async fn me(&self, token: &str) -> Reply {
        self.send(Method::GET, "/me", token).await
    }

    pub(crate) async fn admin(&self, token: &str) -> Reply {
        self.send(Method::GET, "/admin", token).await
    }

    pub(crate) async fn pay(&self, token: &str) -> Reply {
        self.send(Method::POST, "/payments", token).await
    }

    async fn send(&self, method: Method, path: &str, token: &str) -> Reply {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(Body::empty())
            .unwrap();
        self.answer(request).await
    }

    /// What it answers to any request.
    pub(crate) async fn answer(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        Reply::read(response).await
    }
}

/// What a service answered.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    /// `WWW-Authenticate`, all of it.
    pub(crate) challenge: String,
    pub(crate) dpop_nonce: Option<String>,
    pub(crate) retry_after: Option<u32>,
    pub(crate) body: Value,
}

impl Reply {
    async fn read(response: Response<Body>) -> Self {
        let text = |name| {
            let value = response.headers().get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        let challenges = response.headers().get_all(header::WWW_AUTHENTICATE);
        let challenges: Vec<_> = challenges
            .iter()
            .filter_map(|it| it.to_str().ok())
            .collect();
        let challenge = challenges.join(", ");
        let dpop_nonce = text(HeaderName::from_static("dpop-nonce"));
        let retry_after = text(header::RETRY_AFTER).and_then(|value| value.parse().ok());
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 1024 * 1024)
            .await
            .unwrap();
        Self {
            status,
            challenge,
            dpop_nonce,
            retry_after,
            body: serde_json::from_slice(&body).unwrap_or_default(),
        }
    }

    #[track_caller]
    pub(crate) fn assert(&self, status: StatusCode) -> &Self {
        assert_eq!(self.status, status, "{self:#?}");
        self
    }

    /// 401 with a challenge that names `invalid_token`: the token was judged.
    #[track_caller]
    pub(crate) fn assert_invalid_token(&self) {
        self.assert(StatusCode::UNAUTHORIZED);
        assert!(
            self.challenge.contains(r#"error="invalid_token""#),
            "{self:#?}"
        );
    }

    /// 503 with a number of seconds to wait and no challenge: the token was not judged.
    #[track_caller]
    pub(crate) fn assert_unavailable(&self) {
        self.assert(StatusCode::SERVICE_UNAVAILABLE);
        assert!(self.retry_after.is_some(), "{self:#?}");
        assert_eq!(self.challenge, "", "{self:#?}");
    }

    /// 500 and no challenge: we are misconfigured, the caller is not told that it did wrong.
    #[track_caller]
    pub(crate) fn assert_misconfigured(&self) {
        self.assert(StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(self.challenge, "", "{self:#?}");
    }
}

/// The usual client, with a count of the introspection calls that are begun.
#[derive(Debug, Clone)]
pub(crate) struct CountedClient {
    client: ReqwestClient,
    introspections: Arc<AtomicUsize>,
}

impl CountedClient {
    pub(crate) fn new() -> Self {
        Self {
            client: ReqwestClient::new().unwrap(),
            introspections: Arc::default(),
        }
    }

    pub(crate) fn introspections(&self) -> usize {
        self.introspections.load(Ordering::SeqCst)
    }
}

impl HttpClient for CountedClient {
    fn send(&self, request: Request<Bytes>, limits: Limits) -> HttpFuture {
        if request.uri().path().ends_with("/introspect") {
            self.introspections.fetch_add(1, Ordering::SeqCst);
        }
        self.client.send(request, limits)
    }
}

fn local_routes() -> Router {
    let admin = get(me).route_layer(RequireRole::realm("admin"));
    Router::new().route("/me", get(me)).route("/admin", admin)
}

async fn me(Claims(claims): Claims<Value>, token: Token) -> Json<Value> {
    let facts = token.facts();
    Json(json!({
        "claims": *claims,
        "verified_by": token.verified_by().as_str(),
        "phantom_token": facts.phantom_token().map(portcullis::AccessToken::as_str),
    }))
}

async fn pay(RequireActive(claims): RequireActive<Value>, token: Token) -> Json<Value> {
    me(Claims(claims), token).await
}
