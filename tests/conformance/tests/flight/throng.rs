//! Ten thousand requests with one token.

use std::time::Duration;

use axum::Router;
use http::StatusCode;
use portcullis_conformance::{
    Crowd, Reply, World, getting, post_active, posting_active, protected,
};
use portcullis_testing::{Endpoint, Fault, HoldPoint};

const MANY: usize = 10_000;

struct Ground {
    world: World,
    introspecting: Router,
    hybrid: Router,
}

impl Ground {
    /// A slow machine must not run into the deadline of a call that the test holds.
    async fn lay() -> Self {
        let world = World::start().await;
        let issuer = world
            .asking()
            .introspection_deadline(Duration::from_secs(300));
        let issuer = issuer.build().unwrap();
        Self {
            introspecting: protected(issuer.introspection()),
            hybrid: protected(issuer.hybrid()),
            world,
        }
    }

    fn calls(&self) -> usize {
        self.world.server.request_count(Endpoint::Introspection)
    }
}

fn assert_all(replies: &[Reply], count: usize, status: StatusCode) {
    assert_eq!(replies.len(), count);
    for reply in replies {
        assert_eq!(reply.status, status, "{reply:?}");
    }
}

#[tokio::test]
async fn ten_thousand_requests_with_a_new_token_cause_one_call() {
    let ground = Ground::lay().await;
    for router in [&ground.introspecting, &ground.hybrid] {
        ground.world.server.clear_requests();
        let gate = ground
            .world
            .server
            .hold(Endpoint::Introspection, HoldPoint::BeforeAnswer);
        let token = ground.world.server.token().opaque();
        let crowd = Crowd::of(MANY, |_| getting(router, &token));
        gate.wait_for(1).await;
        gate.release();
        assert_all(&crowd.replies().await, MANY, StatusCode::OK);
        assert_eq!(ground.calls(), 1);
    }
}

#[tokio::test]
async fn ten_thousand_requests_cause_one_call_though_the_first_caller_goes_away() {
    let ground = Ground::lay().await;
    let gate = ground
        .world
        .server
        .hold(Endpoint::Introspection, HoldPoint::BeforeAnswer);
    let token = ground.world.server.token().opaque();
    let mut crowd = Crowd::of(MANY, |_| getting(&ground.introspecting, &token));
    gate.wait_for(1).await;
    crowd.first_leaves();
    gate.release();
    assert_all(&crowd.replies().await, MANY - 1, StatusCode::OK);
    assert_eq!(ground.calls(), 1);
}

#[tokio::test]
async fn ten_thousand_requests_share_one_failure_and_the_next_asks_anew() {
    let ground = Ground::lay().await;
    let server = &ground.world.server;
    server.inject(Endpoint::Introspection, Fault::status(500));
    let gate = server.hold(Endpoint::Introspection, HoldPoint::BeforeAnswer);
    let token = server.token().opaque();
    let crowd = Crowd::of(MANY, |_| getting(&ground.introspecting, &token));
    gate.wait_for(1).await;
    gate.release();
    assert_all(
        &crowd.replies().await,
        MANY,
        StatusCode::SERVICE_UNAVAILABLE,
    );
    assert_eq!(ground.world.calls_about(&token), 1);
    // One more has found out that it is the server.
    assert_eq!(ground.calls(), 2);
    server.clear_faults(Endpoint::Introspection);
    let next = Crowd::of(1, |_| getting(&ground.introspecting, &token));
    assert_all(&next.replies().await, 1, StatusCode::OK);
    assert_eq!(ground.world.calls_about(&token), 2);
}

#[tokio::test]
async fn ten_thousand_live_requests_with_a_jwt_cause_two_calls() {
    let ground = Ground::lay().await;
    let token = ground.world.server.token().jwt();
    // The keys are there.
    post_active(&ground.hybrid, &token).await;
    ground.world.server.clear_requests();
    let gate = ground
        .world
        .server
        .hold(Endpoint::Introspection, HoldPoint::BeforeAnswer);
    let crowd = Crowd::of(MANY, |_| posting_active(&ground.hybrid, &token));
    gate.wait_for(1).await;
    gate.release();
    assert_all(&crowd.replies().await, MANY, StatusCode::OK);
    // The first one's own, and the next one for all who came while it was under way.
    assert_eq!(ground.calls(), 2);
}

#[tokio::test]
async fn ten_thousand_live_requests_with_a_new_opaque_token_cause_three_calls() {
    let ground = Ground::lay().await;
    let server = &ground.world.server;
    let gate = server.hold(Endpoint::Introspection, HoldPoint::BeforeAnswer);
    let token = server.token().opaque();
    // They are admitted by one call that they share,
    let mut crowd = Crowd::of(MANY, |_| posting_active(&ground.introspecting, &token));
    gate.wait_for(1).await;
    gate.release_one();
    // the first then asks for itself,
    crowd.step_first_until(|| ground.calls() == 2).await;
    // and the others, who come while it does, share the one behind it.
    crowd.step();
    gate.release();
    assert_all(&crowd.replies().await, MANY, StatusCode::OK);
    assert_eq!(ground.calls(), 3);
}

#[tokio::test]
async fn ten_thousand_live_requests_learn_together_that_the_token_has_ended() {
    let ground = Ground::lay().await;
    let server = &ground.world.server;
    let token = server.token().jwt();
    post_active(&ground.hybrid, &token).await;
    server.clear_requests();
    let gate = server.hold(Endpoint::Introspection, HoldPoint::AfterAnswer);
    let first = Crowd::of(1, |_| posting_active(&ground.hybrid, &token));
    gate.wait_for(1).await;
    server.revoke(&token);
    let crowd = Crowd::of(MANY, |_| posting_active(&ground.hybrid, &token));
    gate.release();
    assert_all(&first.replies().await, 1, StatusCode::OK);
    assert_all(&crowd.replies().await, MANY, StatusCode::UNAUTHORIZED);
    assert_eq!(ground.calls(), 2);
}
