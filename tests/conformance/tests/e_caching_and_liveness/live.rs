//! `RequireActive`: it asks whatever is remembered, joins no older call, and never makes do with
//! less than an answer.

use http::StatusCode;
use portcullis_conformance::{Crowd, World, get, getting, post_active, posting_active, protected};
use portcullis_testing::{Endpoint, Fault, HoldPoint};

use crate::support::{assert_ok, calls, seconds};

#[tokio::test]
async fn e13_a_remembered_answer_does_not_spare_the_call() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let router = protected(issuer.introspection());
    let token = world.server.token().opaque();
    assert_ok(&get(&router, &token).await);
    for asked in 2..=4 {
        assert_ok(&post_active(&router, &token).await);
        assert_eq!(calls(&world), asked);
    }
    assert_ok(&get(&router, &token).await);
    assert_eq!(
        calls(&world),
        4,
        "plain requests go on living on what is remembered"
    );
}

#[tokio::test]
async fn e13_an_active_answer_refreshes_what_is_remembered() {
    let world = World::start().await;
    let issuer = world
        .asking()
        .introspection_cache(seconds(30))
        .build()
        .unwrap();
    let router = protected(issuer.introspection());
    let token = world.server.token().opaque();
    assert_ok(&get(&router, &token).await);
    world.clock.advance(seconds(20));
    assert_ok(&post_active(&router, &token).await);
    assert_eq!(calls(&world), 2);
    world.clock.advance(seconds(20));
    assert_ok(&get(&router, &token).await);
    assert_eq!(
        calls(&world),
        2,
        "40 s after the first answer, 20 s after the live one"
    );
}

#[tokio::test]
async fn e13_an_inactive_answer_ends_what_is_remembered() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let router = protected(issuer.introspection());
    let token = world.server.token().opaque();
    assert_ok(&get(&router, &token).await);
    world.server.revoke(&token);
    assert_ok(&get(&router, &token).await);
    assert_eq!(calls(&world), 1, "nobody has asked yet");
    post_active(&router, &token).await.assert_invalid_token();
    get(&router, &token).await.assert_invalid_token();
    assert_eq!(calls(&world), 2);
    world.clock.advance(seconds(10));
    get(&router, &token).await.assert_invalid_token();
}

#[tokio::test]
async fn e13_an_inactive_answer_ends_the_trust_in_a_signature() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().hybrid());
    let token = world.server.token().subject("ali").jwt();
    assert_ok(&post_active(&router, &token).await);
    world.server.disable_user("ali");
    assert_ok(&get(&router, &token).await);
    post_active(&router, &token).await.assert_invalid_token();
    get(&router, &token).await.assert_invalid_token();
    // When the short memory of "inactive" is over, the token is asked about, not trusted.
    let asked = calls(&world);
    world.clock.advance(seconds(5));
    get(&router, &token).await.assert_invalid_token();
    assert_eq!(calls(&world), asked + 1);
    // Inactive is a fact of that moment: the user may come back.
    world.server.enable_user("ali");
    world.clock.advance(seconds(5));
    assert_ok(&get(&router, &token).await);
    let asked = calls(&world);
    assert_ok(&get(&router, &token).await);
    assert_eq!(
        calls(&world),
        asked,
        "good again, and verified locally again"
    );
}

#[tokio::test]
async fn e13_an_inactive_answer_counts_though_who_asked_has_gone() {
    let world = World::start().await;
    let issuer = world
        .asking()
        .introspection_deadline(seconds(60))
        .build()
        .unwrap();
    let router = protected(issuer.hybrid());
    let token = world.server.token().jwt();
    assert_ok(&get(&router, &token).await);
    world.server.revoke(&token);
    let gate = world
        .server
        .hold(Endpoint::Introspection, HoldPoint::AfterAnswer);
    let mut crowd = Crowd::of(1, |_| posting_active(&router, &token));
    gate.wait_for(1).await;
    // Somebody waits for the same call to whom a signature means nothing.
    let watcher = protected(issuer.introspection());
    let watchers = Crowd::of(1, |_| getting(&watcher, &token));
    crowd.first_leaves();
    gate.release();
    watchers.replies().await[0].assert_invalid_token();
    assert_eq!(calls(&world), 1);
    get(&router, &token).await.assert_invalid_token();
}

#[tokio::test]
async fn e13_what_lay_in_a_cache_on_the_way_ends_no_doubt() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().hybrid());
    let token = world.server.token().jwt();
    let active = world.server.introspect(&token);
    world.server.revoke(&token);
    post_active(&router, &token).await.assert_invalid_token();
    world.clock.advance(seconds(5));
    // A proxy repeats an answer from before the end, once.
    world
        .server
        .set_introspection_answer(token.as_str(), active);
    let stale = Fault::headers().header("age", "30");
    world.server.inject(Endpoint::Introspection, stale.times(1));
    get(&router, &token).await;
    assert_eq!(calls(&world), 2);
    world.server.clear_introspection_answer(&token);
    get(&router, &token).await.assert_invalid_token();
    assert_eq!(calls(&world), 3);
}

/// However little time has passed since: here none at all.
#[tokio::test]
async fn e13_nothing_of_the_same_tick_is_live() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    for router in [
        protected(issuer.introspection()),
        protected(issuer.hybrid()),
    ] {
        for token in [world.server.token().opaque(), world.server.token().jwt()] {
            assert_ok(&post_active(&router, &token).await);
            assert_ok(&get(&router, &token).await);
            world.server.revoke(&token);
            post_active(&router, &token).await.assert_invalid_token();
        }
    }
}

#[tokio::test]
async fn e14_an_answer_computed_before_the_request_is_not_for_it() {
    let world = World::start().await;
    let issuer = world
        .asking()
        .introspection_deadline(seconds(60))
        .build()
        .unwrap();
    let router = protected(issuer.introspection());
    let token = world.server.token().opaque();
    let gate = world
        .server
        .hold(Endpoint::Introspection, HoldPoint::AfterAnswer);
    let early = Crowd::of(1, |_| getting(&router, &token));
    gate.wait_for(1).await;
    world.server.revoke(&token);
    let late = Crowd::of(1, |_| posting_active(&router, &token));
    gate.release();
    assert_ok(&early.replies().await[0]);
    late.replies().await[0].assert_invalid_token();
    assert_eq!(calls(&world), 2);
}

#[tokio::test]
async fn e14_two_live_requests_do_not_share_a_call_that_began_between_them() {
    let world = World::start().await;
    let issuer = world
        .asking()
        .introspection_deadline(seconds(60))
        .build()
        .unwrap();
    for hybrid in [true, false] {
        let router = match hybrid {
            true => protected(issuer.hybrid()),
            false => protected(issuer.introspection()),
        };
        let token = world.server.token().jwt();
        // What is remembered lets the introspecting route come straight to its guard.
        assert_ok(&get(&router, &token).await);
        world.server.clear_requests();
        let gate = world
            .server
            .hold(Endpoint::Introspection, HoldPoint::AfterAnswer);
        let early = Crowd::of(1, |_| posting_active(&router, &token));
        gate.wait_for(1).await;
        world.server.revoke(&token);
        let late = Crowd::of(1, |_| posting_active(&router, &token));
        gate.release();
        assert_ok(&early.replies().await[0]);
        late.replies().await[0].assert_invalid_token();
        assert_eq!(calls(&world), 2);
    }
}

#[tokio::test]
async fn e15_a_server_that_is_down_is_no_yes() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let jwt = world.server.token().jwt();
    let opaque = world.server.token().opaque();
    let cases = [
        (protected(issuer.hybrid()), &jwt),
        (protected(issuer.introspection()), &jwt),
        (protected(issuer.introspection()), &opaque),
    ];
    for (router, token) in &cases {
        assert_ok(&post_active(router, token).await);
    }
    world.server.stop().await.unwrap();
    for (router, token) in &cases {
        assert_ok(&get(router, token).await);
        post_active(router, token).await.assert_unavailable();
        assert_ok(&get(router, token).await);
    }
    world.server.restart().await.unwrap();
    for (router, token) in &cases {
        assert_ok(&post_active(router, token).await);
    }
}

#[tokio::test]
async fn e15_a_server_in_trouble_is_no_yes() {
    for fault in [
        Fault::status(500),
        Fault::status(503),
        Fault::status(429),
        Fault::html(),
        Fault::garbage(),
        Fault::drop_mid_answer(),
        Fault::headers().header("age", "30"),
        Fault::headers().header("date", "Tue, 14 Nov 2023 22:12:19 GMT"),
    ] {
        let world = World::start().await;
        let router = protected(world.asking().build().unwrap().hybrid());
        let token = world.server.token().jwt();
        assert_ok(&post_active(&router, &token).await);
        world.server.inject(Endpoint::Introspection, fault.clone());
        let reply = post_active(&router, &token).await;
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "{fault:?}");
        reply.assert_unavailable();
        assert_ok(&get(&router, &token).await);
        world.server.clear_faults(Endpoint::Introspection);
        // A token that the server has failed at is not asked about for a second.
        world.clock.advance(seconds(1));
        assert_ok(&post_active(&router, &token).await);
    }
}
