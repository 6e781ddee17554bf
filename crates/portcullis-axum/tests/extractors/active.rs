//! `RequireActive<T>` and `RequireActive<T, WITHIN_SECS>`.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{Router, routing};
use portcullis::{
    AuthenticateLayer, Clock, Freshness, ManualClock, Reason, TokenVerifier, verifier_fn,
};
use portcullis_axum::{Claims, RequireActive};
use serde_json::{Value, json};

use crate::support::{Live, Scripted, facts, get, get_anonymously, telling};

fn route() -> Router {
    let handler = |RequireActive(claims): RequireActive<Value>| async move { claims.to_string() };
    Router::new().route("/pay/{id}", routing::get(handler))
}

#[tokio::test]
async fn a_handler_is_given_what_the_server_says_now() {
    let verifier = Scripted::new(json!({ "n": "old" })).live(Live::Active(json!({ "n": "new" })));
    let router = route().layer(AuthenticateLayer::new(verifier.clone()));
    for calls in 1..=2 {
        assert_eq!(get(router.clone(), "/pay/1").await.body, r#"{"n":"new"}"#);
        assert_eq!(verifier.calls(), calls);
    }
}

#[tokio::test]
async fn what_the_server_says_decides() {
    for (reason, status) in [
        (Reason::Inactive, 401),
        (Reason::IssuerUnreachable, 503),
        (Reason::ClientCredentialsRefused, 500),
    ] {
        let verifier = Scripted::new(json!({})).live(Live::No(reason));
        let seen = get(route().layer(telling(verifier)), "/pay/1").await;
        assert_eq!(
            (seen.status.as_u16(), seen.reason()),
            (status, Some(reason.code()))
        );
    }
}

#[tokio::test]
async fn an_anonymous_request_is_401() {
    let layer = AuthenticateLayer::optional(Scripted::new(json!({})));
    assert_eq!(
        get_anonymously(route().layer(layer), "/pay/1").await.status,
        401
    );
}

#[tokio::test]
async fn claims_that_fit_no_longer_are_403() {
    #[derive(serde::Deserialize)]
    struct User {
        #[expect(dead_code, reason = "only its presence counts")]
        email: String,
    }
    let handler = |_: RequireActive<User>| async {};
    let verifier = Scripted::new(json!({ "email": "a@b" })).live(Live::Active(json!({})));
    let router = Router::new()
        .route("/", routing::get(handler))
        .layer(telling(verifier));
    let seen = get(router, "/").await;
    assert_eq!(
        (seen.status.as_u16(), seen.reason()),
        (403, Some("claims_do_not_fit"))
    );
}

#[tokio::test]
async fn a_verifier_that_cannot_ask_is_a_500_whose_log_names_route_and_cure() {
    let verifier = Scripted::new(json!({})).live(Live::Nobody);
    let seen = get(route().layer(telling(verifier)), "/pay/%0a?secret=1").await;
    assert_eq!(
        (seen.status.as_u16(), seen.reason()),
        (500, Some("cannot_ask"))
    );
    assert!(
        seen.body.starts_with(r#""GET /pay/%0a": "#),
        "{}",
        seen.body
    );
    assert!(seen.body.contains("hybrid()"), "{}", seen.body);
}

#[tokio::test]
async fn the_server_is_asked_once_for_all_extractors_of_a_handler() {
    type Three = (
        RequireActive<Value>,
        RequireActive<Value, 5>,
        RequireActive<Value>,
    );
    let handler = |_: Three, Claims(claims): Claims<Value>| async move { claims.to_string() };
    let verifier = Scripted::new(json!({ "n": "old" })).live(Live::Active(json!({ "n": "new" })));
    let router = Router::new()
        .route("/", routing::get(handler))
        .layer(AuthenticateLayer::new(verifier.clone()));
    assert_eq!(
        get(router, "/").await.body,
        r#"{"n":"new"}"#,
        "claims are the newest known"
    );
    assert_eq!(verifier.calls(), 1);
}

/// A verifier that keeps its answer, as one with a cache does; and how often it has asked.
fn keeping(clock: &ManualClock) -> (impl TokenVerifier + Clone + use<>, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let (dated, calls) = (clock.clone(), asked.clone());
    let kept = Arc::new(Mutex::new(None::<Instant>));
    let verifier = verifier_fn(move |_, freshness| {
        let now = dated.monotonic();
        let mut kept = kept.lock().unwrap();
        let age = kept.map(|began| now.duration_since(began));
        let is_kept = match freshness {
            Freshness::Within(limit) => age.is_some_and(|age| age <= limit),
            Freshness::Live => false,
            _ => true,
        };
        if !is_kept {
            calls.fetch_add(1, Ordering::SeqCst);
            *kept = Some(now);
        }
        let answer = facts(&json!({}), *kept);
        async move { answer }
    });
    (verifier.with_clock(clock.clone()), asked)
}

#[tokio::test]
async fn an_answer_may_be_as_old_as_the_route_is_content_with() {
    let clock = ManualClock::at(0);
    let (verifier, asked) = keeping(&clock);
    let router = Router::new()
        .route("/", routing::get(|_: RequireActive<Value, 5>| async {}))
        .layer(AuthenticateLayer::new(verifier));
    for (passes, calls) in [(0, 1), (5, 1), (1, 2), (4, 2), (2, 3)] {
        clock.advance(Duration::from_secs(passes));
        assert_eq!(get(router.clone(), "/").await.status, 200);
        assert_eq!(asked.load(Ordering::SeqCst), calls, "{passes} s later");
    }
}

#[tokio::test]
async fn without_an_age_no_kept_answer_will_do() {
    let clock = ManualClock::at(0);
    let (verifier, asked) = keeping(&clock);
    let router = Router::new()
        .route("/", routing::get(|_: RequireActive<Value>| async {}))
        .layer(AuthenticateLayer::new(verifier));
    for calls in 1..=3 {
        assert_eq!(get(router.clone(), "/").await.status, 200);
        assert_eq!(asked.load(Ordering::SeqCst), calls);
    }
}
