//! Facts are ordered by when their call began, and a live answer is never older than its request.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    Router,
    routing::{get as on_get, post},
};
use http::StatusCode;
use portcullis::{
    Answer, AuthenticateLayer, Clock, Expectations, Freshness, ManualClock, Reason, Rejection,
    RequireActiveLayer, RequireRole, TokenFacts, TokenVerifier, Verification, VerifiedBy,
};
use portcullis_axum::{AuthRejection, Token};
use portcullis_conformance::{
    Crowd, T0, World, get, getting, post_active, posting_active, protected,
};
use portcullis_testing::{Endpoint, HoldPoint};
use serde_json::json;
use tokio::sync::oneshot;

const A_SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_live_answer_never_began_before_its_request() {
    /// Says by how much the call about the token is younger than the request.
    async fn lead(token: Token) -> String {
        let began = token.facts().asked_at().unwrap();
        assert_eq!(token.verified_by(), VerifiedBy::JwtAndIntrospection);
        let lead = began.checked_duration_since(token.arrived());
        lead.map_or("older".to_owned(), |lead| lead.as_secs().to_string())
    }
    let world = World::start().await;
    let issuer = world
        .asking()
        .introspection_deadline(Duration::from_secs(300));
    let router = Router::new()
        .route("/", on_get(lead).route_layer(RequireActiveLayer::live()))
        .layer(AuthenticateLayer::new(issuer.build().unwrap().hybrid()));
    let token = world.server.token().jwt();
    get(&router, &token).await;
    world.server.clear_requests();
    let gate = world
        .server
        .hold(Endpoint::Introspection, HoldPoint::AfterAnswer);
    let first = Crowd::of(1, |_| getting(&router, &token));
    gate.wait_for(1).await;
    // Five more come one second after another, while the first call is under way.
    let crowd = Crowd::of(5, |_| {
        world.clock.advance(A_SECOND);
        getting(&router, &token)
    });
    world.clock.advance(A_SECOND);
    gate.release();
    assert_eq!(first.replies().await[0].body, "0");
    let replies = crowd.replies().await;
    let mut leads: Vec<_> = replies.iter().map(|reply| reply.body.clone()).collect();
    leads.sort();
    assert_eq!(leads, ["1", "1", "1", "1", "1"]);
    assert_eq!(world.server.request_count(Endpoint::Introspection), 2);
}

#[tokio::test]
async fn an_answer_within_an_age_began_at_most_that_long_ago() {
    let world = World::start().await;
    let issuer = world
        .asking()
        .introspection_deadline(Duration::from_secs(300));
    let within = RequireActiveLayer::within(Duration::from_secs(5));
    let router = Router::new()
        .route("/", on_get(|| async {}).route_layer(within))
        .layer(AuthenticateLayer::new(issuer.build().unwrap().hybrid()));
    let calls = || world.server.request_count(Endpoint::Introspection);
    let token = world.server.token().jwt();
    get(&router, &token).await;
    world.clock.advance(Duration::from_secs(5));
    assert_eq!(get(&router, &token).await.status, StatusCode::OK);
    assert_eq!(calls(), 1);
    world.clock.advance(A_SECOND);
    // A call under way that is young enough is joined, one that is too old is not.
    let gate = world
        .server
        .hold(Endpoint::Introspection, HoldPoint::AfterAnswer);
    let first = Crowd::of(1, |_| getting(&router, &token));
    gate.wait_for(1).await;
    world.clock.advance(Duration::from_secs(5));
    let second = Crowd::of(1, |_| getting(&router, &token));
    world.clock.advance(A_SECOND);
    world.server.revoke(&token);
    let third = Crowd::of(1, |_| getting(&router, &token));
    gate.release();
    assert_eq!(first.replies().await[0].status, StatusCode::OK);
    assert_eq!(second.replies().await[0].status, StatusCode::OK);
    third.replies().await[0].assert_invalid_token();
    assert_eq!(calls(), 3);
}

#[tokio::test]
async fn the_second_call_of_a_row_is_as_old_as_itself() {
    let world = World::start().await;
    let issuer = world
        .asking()
        .introspection_deadline(Duration::from_secs(300));
    let within = RequireActiveLayer::within(Duration::from_secs(5));
    let router = Router::new()
        .route("/", on_get(|| async {}).route_layer(within))
        .route(
            "/active",
            post(|| async {}).route_layer(RequireActiveLayer::live()),
        )
        .layer(AuthenticateLayer::new(issuer.build().unwrap().hybrid()));
    let token = world.server.token().jwt();
    post_active(&router, &token).await;
    world.clock.advance(Duration::from_secs(60));
    world.server.clear_requests();
    let gate = world
        .server
        .hold(Endpoint::Introspection, HoldPoint::AfterAnswer);
    let first = Crowd::of(1, |_| posting_active(&router, &token));
    gate.wait_for(1).await;
    world.clock.advance(Duration::from_secs(60));
    let second = Crowd::of(1, |_| posting_active(&router, &token));
    gate.release_one();
    assert_eq!(first.replies().await[0].status, StatusCode::OK);
    world
        .server
        .wait_for_requests(Endpoint::Introspection, 2)
        .await;
    // The call in the air now began a moment ago, however long ago the row of calls did.
    let third = Crowd::of(1, |_| getting(&router, &token));
    gate.release();
    assert_eq!(second.replies().await[0].status, StatusCode::OK);
    assert_eq!(third.replies().await[0].status, StatusCode::OK);
    assert_eq!(world.server.request_count(Endpoint::Introspection), 2);
}

#[tokio::test]
async fn a_stalled_answer_from_before_the_end_does_not_outlive_the_one_from_after_it() {
    let world = World::start().await;
    let issuer = world
        .asking()
        .introspection_deadline(Duration::from_secs(300));
    let issuer = issuer.build().unwrap();
    for router in [
        protected(issuer.introspection()),
        protected(issuer.hybrid()),
    ] {
        world.server.clear_requests();
        let token = world.server.token().opaque();
        let gate = world
            .server
            .hold(Endpoint::Introspection, HoldPoint::AfterAnswer);
        let stalled = Crowd::of(1, |_| getting(&router, &token));
        gate.wait_for(1).await;
        world.server.revoke(&token);
        world.clock.advance(A_SECOND);
        let live = Crowd::of(1, |_| posting_active(&router, &token));
        // Who is answered before anybody knows better is let in.
        gate.release_one();
        assert_eq!(stalled.replies().await[0].status, StatusCode::OK);
        gate.release();
        live.replies().await[0].assert_invalid_token();
        // What is remembered is what was learned by the call that began last.
        get(&router, &token).await.assert_invalid_token();
        assert_eq!(world.server.request_count(Endpoint::Introspection), 2);
        post_active(&router, &token).await.assert_invalid_token();
    }
}

/// A verifier whose every answer the test sends, in whatever order.
#[derive(Clone)]
struct Dictated {
    clock: ManualClock,
    calls: Arc<Mutex<Vec<oneshot::Sender<Answer>>>>,
}

impl Dictated {
    /// Answers the call of this number, counted from the first that is not answered yet.
    fn answer(&self, number: usize, answer: Answer) {
        let call = self.calls.lock().unwrap().remove(number);
        assert!(call.send(answer).is_ok(), "nobody waits for it");
    }
}

/// What was said in answer to a call that began then.
fn facts(role: &str, began: Option<Instant>) -> Answer {
    let claims = json!({"realm_access": {"roles": [role]}}).to_string();
    let expectations = Arc::new(Expectations::danger_any_audience());
    let facts = TokenFacts::from_json(claims, &expectations).unwrap();
    Ok(Arc::new(match began {
        Some(began) => facts.with_asked_at(began),
        None => facts,
    }))
}

impl TokenVerifier for Dictated {
    fn verify(&self, _: &portcullis::Credentials, freshness: Freshness) -> Verification {
        if freshness == Freshness::AsConfigured {
            return Verification::now(facts("admin", None));
        }
        let (sender, answer) = oneshot::channel();
        self.calls.lock().unwrap().push(sender);
        Verification::later(async move { answer.await.unwrap() })
    }

    fn can_ask(&self) -> bool {
        true
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(self.clock.clone())
    }
}

/// A handler that asks twice at once and then says what it was left with.
fn asking_twice(verifier: &Dictated) -> Router {
    async fn twice(token: Token) -> Result<&'static str, AuthRejection> {
        let hour = Freshness::Within(Duration::from_secs(3600));
        let (early, late) = (token.refreshed(hour), token.refreshed(hour));
        let (early, late) = tokio::join!(early, late);
        late?;
        early?;
        token.require(RequireRole::realm("admin"))?;
        Ok("admin")
    }
    Router::new()
        .route("/", on_get(twice))
        .layer(AuthenticateLayer::new(verifier.clone()))
}

fn dictated() -> Dictated {
    Dictated {
        clock: ManualClock::at(T0),
        calls: Arc::default(),
    }
}

#[tokio::test]
async fn within_a_request_an_older_answer_replaces_no_newer_one() {
    for (early, late, status) in [
        // The stalled call knows of a role that is gone by the time of the later one.
        ("admin", "user", StatusCode::FORBIDDEN),
        ("user", "admin", StatusCode::OK),
        ("admin", "admin", StatusCode::OK),
    ] {
        let verifier = dictated();
        let router = asking_twice(&verifier);
        let mut crowd = Crowd::of(1, |_| getting(&router, "any"));
        let began = verifier.clock.monotonic();
        assert_eq!(verifier.calls.lock().unwrap().len(), 2);
        verifier.answer(1, facts(late, Some(began + A_SECOND)));
        crowd.step();
        verifier.answer(0, facts(early, Some(began)));
        let reply = &crowd.replies().await[0];
        assert_eq!(reply.status, status, "{early} before {late}");
    }
}

#[tokio::test]
async fn within_a_request_a_yes_from_before_a_no_does_not_count() {
    let verifier = dictated();
    let router = Router::new()
        .route(
            "/",
            on_get(async |token: Token| {
                let hour = Freshness::Within(Duration::from_secs(3600));
                let (early, late) = tokio::join!(token.refreshed(hour), token.refreshed(hour));
                assert!(late.is_err());
                early.map(drop).map_err(AuthRejection::from)
            }),
        )
        .layer(AuthenticateLayer::new(verifier.clone()));
    let mut crowd = Crowd::of(1, |_| getting(&router, "any"));
    let before = verifier.clock.monotonic().checked_sub(A_SECOND);
    assert!(before.is_some());
    verifier.answer(1, Err(Rejection::new(Reason::Inactive)));
    crowd.step();
    verifier.answer(0, facts("admin", before));
    crowd.replies().await[0].assert_unavailable();
}
