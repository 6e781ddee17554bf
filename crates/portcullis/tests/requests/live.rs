//! `RequireActiveLayer`: who is asked, how often, and how fresh an answer has to be.

use std::time::Duration;

use http::{HeaderValue, Response};
use portcullis::{
    AuthenticateLayer, Clock, Credentials, Freshness, ManualClock, Reason, Rejection,
    RequireActiveLayer, TokenVerifier, Verification, verifier_fn,
};
use serde_json::json;
use tower::{Layer, ServiceBuilder, service_fn};

use crate::support::{Body, Live, Scripted, Seen, facts, greet, request, send};

/// Renders the reason's code, so that a test can tell reasons apart, and the diagnosis.
fn name_reason(rejection: &Rejection, response: &mut Response<Body>) {
    let code = HeaderValue::from_static(rejection.reason().code());
    response.headers_mut().insert("reason", code);
    *response.body_mut() = Body::from(rejection.diagnosis().detail().to_owned());
}

/// What a good token meets on a route that asks live.
async fn asking(verifier: impl TokenVerifier, guard: RequireActiveLayer) -> Seen {
    let service = ServiceBuilder::new()
        .layer(AuthenticateLayer::new(verifier).render_with(name_reason))
        .layer(guard)
        .service_fn(greet);
    send(service, request(Some("good"))).await
}

#[tokio::test]
async fn a_live_route_asks_on_every_request_and_a_local_one_never() {
    let verifier = Scripted::plain();
    for calls in 1..=3 {
        assert_eq!(
            asking(verifier.clone(), RequireActiveLayer::live())
                .await
                .status,
            200
        );
        assert_eq!(verifier.calls(), calls);
    }
    let local = AuthenticateLayer::new(verifier.clone()).layer(service_fn(greet));
    assert_eq!(send(local, request(Some("good"))).await.status, 200);
    assert_eq!(verifier.calls(), 3);
}

#[tokio::test]
async fn what_the_server_says_decides() {
    for (reason, status) in [
        (Reason::Inactive, 401),
        (Reason::IssuerUnreachable, 503),
        (Reason::IssuerTimeout, 503),
        (Reason::ClientCredentialsRefused, 500),
    ] {
        let verifier = Scripted::plain().live(Live::No(reason));
        let seen = asking(verifier, RequireActiveLayer::live()).await;
        assert_eq!(seen.status, status);
        assert_eq!(seen.header("reason"), Some(reason.code()));
    }
}

#[tokio::test]
async fn an_answer_that_is_not_live_is_503() {
    let claims = json!({ "sub": "ali" });
    for live in [
        Live::Undated(claims.clone()),
        Live::ActiveSince(claims.clone(), Duration::from_millis(2)),
        Live::ActiveSince(claims, Duration::from_secs(60)),
    ] {
        let verifier = Scripted::plain().live(live);
        let seen = asking(verifier, RequireActiveLayer::live()).await;
        assert_eq!(seen.status, 503);
        assert_eq!(seen.header("reason"), Some("answer_not_live"));
        assert_eq!(seen.header("retry-after"), Some("1"));
    }
}

#[tokio::test]
async fn an_answer_may_be_as_old_as_the_route_is_content_with() {
    let five = || RequireActiveLayer::within(Duration::from_secs(5));
    for (age, status) in [(0, 200), (5, 200), (6, 503)] {
        let live = Live::ActiveSince(json!({}), Duration::from_secs(age));
        assert_eq!(
            asking(Scripted::plain().live(live), five()).await.status,
            status,
            "{age}"
        );
    }
    let undated = Scripted::plain().live(Live::Undated(json!({})));
    assert_eq!(asking(undated, five()).await.status, 503);
}

/// A verifier that cannot ask.
struct Local;

impl TokenVerifier for Local {
    fn verify(&self, _: &Credentials, _: Freshness) -> Verification {
        Verification::now(facts(&json!({}), None))
    }

    fn can_ask(&self) -> bool {
        false
    }
}

#[tokio::test]
async fn a_verifier_that_cannot_ask_is_500_on_a_live_route() {
    let seen = asking(Local, RequireActiveLayer::live()).await;
    assert_eq!(
        (seen.status.as_u16(), seen.header("reason")),
        (500, Some("cannot_ask"))
    );
    assert!(seen.body.starts_with("\"GET /orders\": "), "{}", seen.body);
}

#[test]
fn a_live_route_can_be_bound_to_a_verifier_that_can_ask() {
    let _ = RequireActiveLayer::asking(&Scripted::plain());
}

#[tokio::test]
async fn the_server_is_asked_once_a_request_however_many_ask_for_it() {
    let verifier = Scripted::plain();
    let service = ServiceBuilder::new()
        .layer(AuthenticateLayer::new(verifier.clone()))
        .layer(RequireActiveLayer::live())
        .layer(RequireActiveLayer::within(Duration::from_secs(1)))
        .layer(RequireActiveLayer::live())
        .service_fn(greet);
    assert_eq!(send(service, request(Some("good"))).await.status, 200);
    assert_eq!(verifier.calls(), 1);
}

/// A verifier that asks about every token, by a clock that each call moves on.
fn introspecting(clock: &ManualClock) -> impl TokenVerifier + use<> {
    let dated = clock.clone();
    let verifier = verifier_fn(move |_, freshness| {
        let is_asked_again = freshness != Freshness::AsConfigured;
        dated.advance(Duration::from_millis(1));
        let began = dated.monotonic();
        async move {
            assert!(!is_asked_again, "asked twice");
            facts(&json!({}), Some(began))
        }
    });
    verifier.with_clock(clock.clone())
}

#[tokio::test]
async fn a_token_that_was_verified_by_asking_is_not_asked_about_again() {
    let verifier = introspecting(&ManualClock::at(0));
    assert_eq!(
        asking(verifier, RequireActiveLayer::live()).await.status,
        200
    );
}
