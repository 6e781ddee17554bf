//! V18: a defect inside, ours or of a part that the application supplies, is 500.

use std::sync::atomic::{AtomicBool, Ordering};

use axum::{Router, routing::get as route};
use http::StatusCode;
use portcullis::{
    AuthenticateLayer, Credentials, Freshness, Reason, Rejection, RequestView, RequireLayer,
    Requirement, TokenFacts, TokenVerifier, Verification, verifier_fn,
};
use portcullis_conformance::{CapturedLog, Reply, World, get, protected};
use tracing::Level;

/// Whether the parts below panic now.
static PANICS: AtomicBool = AtomicBool::new(false);

fn hook() {
    assert!(!PANICS.load(Ordering::SeqCst), "secret-of-the-hook");
}

/// A verifier that asks another, and may panic before it does.
struct Panicking<V>(V);

impl<V: TokenVerifier> TokenVerifier for Panicking<V> {
    fn verify(&self, credentials: &Credentials, freshness: Freshness) -> Verification {
        hook();
        self.0.verify(credentials, freshness)
    }

    fn can_ask(&self) -> bool {
        self.0.can_ask()
    }

    fn clock(&self) -> std::sync::Arc<dyn portcullis::Clock> {
        self.0.clock()
    }
}

/// A requirement that everybody meets, unless it panics.
struct Anything;

impl Requirement for Anything {
    fn judge(&self, _: &TokenFacts, _: portcullis::Timestamp) -> Result<(), Rejection> {
        hook();
        Ok(())
    }
}

fn open(layer: AuthenticateLayer) -> Router {
    Router::new().route("/", route(|| async {})).layer(layer)
}

fn assert_defect(reply: &Reply, case: &str) {
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR, "{case}");
    assert_eq!(reply.retry_after(), None, "{case}");
    assert!(reply.challenge().is_none(), "{case}");
    let body = String::from_utf8_lossy(&reply.body);
    assert!(!body.contains("secret-of-the-hook"), "{case}: {body}");
}

#[tokio::test]
async fn v18_a_panic_in_a_hook_is_500() {
    let logs = CapturedLog::start();
    let world = World::start().await;
    let issuer = world.asking().connect().await.unwrap();
    let token = world.server.token().jwt();

    let early = Panicking(issuer.jwt());
    let inner = issuer.jwt();
    let late = verifier_fn(move |credentials, freshness| {
        let verification = inner.verify(&credentials, freshness);
        async move {
            tokio::task::yield_now().await;
            hook();
            verification.await
        }
    })
    .with_clock(world.clock.clone());
    let extractor = |request: RequestView<'_>| {
        hook();
        let found = request.headers.get("authorization");
        let token = found.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let token = token.and_then(|token| portcullis::AccessToken::new(token).ok());
        Ok(token.map(Credentials::bearer))
    };
    let extracting = AuthenticateLayer::new(issuer.jwt()).extractor(extractor);
    let guarded = Router::new()
        .route(
            "/",
            route(|| async {}).route_layer(RequireLayer::new(Anything)),
        )
        .layer(AuthenticateLayer::new(issuer.jwt()));
    for (case, router) in [
        (
            "verifier, before its call",
            open(AuthenticateLayer::new(early)),
        ),
        ("verifier, in its call", open(AuthenticateLayer::new(late))),
        ("extractor", open(extracting)),
        ("requirement", guarded),
    ] {
        assert_eq!(get(&router, &token).await.status, StatusCode::OK, "{case}");
        PANICS.store(true, Ordering::SeqCst);
        assert_defect(&get(&router, &token).await, case);
        PANICS.store(false, Ordering::SeqCst);
        let last = logs.last_rejection().unwrap();
        assert_eq!(last, ("internal".to_owned(), Level::ERROR), "{case}");
        assert_eq!(get(&router, &token).await.status, StatusCode::OK, "{case}");
    }
}

#[tokio::test]
async fn v18_a_hook_that_says_internal_is_500() {
    let verifier = verifier_fn(|_, _| async { Err(Rejection::new(Reason::Internal)) });
    assert_defect(&get(&protected(verifier), "anything").await, "internal");
}
