//! Tokens that say nothing of their user: the server completes them, once.

use http::StatusCode;
use portcullis::{AuthenticateLayer, RequireRole};
use portcullis_conformance::{AUDIENCE, Crowd, World, get, getting, post_active, protected};
use portcullis_testing::{Endpoint, Fault, TokenBuilder};
use serde_json::{Value, json};

use crate::support::{calls, seconds};

fn light(world: &World) -> TokenBuilder {
    world.server.token().subject("alice").audience(AUDIENCE)
}

#[tokio::test]
async fn a_lightweight_token_is_completed_once_and_for_as_long_as_it_lives() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().hybrid());
    let token = light(&world).expires_in(seconds(3600)).lightweight();
    for _ in 0..60 {
        let reply = get(&router, &token).await;
        assert_eq!(reply.status, StatusCode::OK);
        assert_eq!(reply.json()["sub"], "alice");
        world.clock.advance(seconds(59));
    }
    assert_eq!(calls(&world), 1);
    // The last minute has passed, and the leeway.
    world.clock.advance(seconds(120));
    get(&router, &token).await.assert_invalid_token();
    assert_eq!(calls(&world), 1);
}

#[tokio::test]
async fn a_thousand_requests_at_once_complete_it_by_one_call() {
    let world = World::start().await;
    let issuer = world.asking().connect().await.unwrap();
    let router = protected(issuer.hybrid());
    let token = light(&world).lightweight();
    let crowd = Crowd::of(1000, |_| getting(&router, &token));
    for reply in crowd.replies().await {
        assert_eq!(reply.status, StatusCode::OK);
    }
    assert_eq!(calls(&world), 1);
}

#[tokio::test]
async fn its_roles_are_known_on_local_routes() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let guarded = |role| {
        axum::Router::new()
            .route("/", axum::routing::get(|| async {}))
            .route_layer(RequireRole::realm(role))
            .layer(AuthenticateLayer::new(issuer.hybrid()))
    };
    let token = light(&world).realm_roles(["admin"]).lightweight();
    assert_eq!(get(&guarded("admin"), &token).await.status, StatusCode::OK);
    let refused = get(&guarded("auditor"), &token).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_token_that_speaks_for_itself_is_not_asked_about() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().hybrid());
    // Without the scope `basic` a regular token has no `sub`, and its roles all the same.
    let regular = world.server.token().realm_roles(["admin"]);
    for token in [
        world.server.token().jwt(),
        regular.without_claim("sub").jwt(),
    ] {
        assert_eq!(get(&router, &token).await.status, StatusCode::OK);
    }
    assert_eq!(calls(&world), 0);
}

#[tokio::test]
async fn it_is_left_as_it_is_where_that_is_wanted_or_nobody_can_be_asked() {
    let world = World::start().await;
    let left = world.asking().leave_lightweight_tokens().build().unwrap();
    let token = light(&world).lightweight();
    for router in [
        protected(left.hybrid()),
        protected(world.realm().build().unwrap().jwt()),
    ] {
        let reply = get(&router, &token).await;
        assert_eq!(reply.status, StatusCode::OK);
        assert_eq!(reply.json()["sub"], Value::Null);
    }
    assert_eq!(calls(&world), 0);
}

#[tokio::test]
async fn while_the_server_is_away_a_completed_token_is_good_and_a_new_one_503() {
    let world = World::start().await;
    let issuer = world.asking().connect().await.unwrap();
    let router = protected(issuer.hybrid());
    let (known, new) = (light(&world).lightweight(), light(&world).lightweight());
    assert_eq!(get(&router, &known).await.status, StatusCode::OK);
    world
        .server
        .inject(Endpoint::Introspection, Fault::status(503));
    world.clock.advance(seconds(60));
    assert_eq!(get(&router, &known).await.status, StatusCode::OK);
    get(&router, &new).await.assert_unavailable();
}

#[tokio::test]
async fn what_the_server_adds_has_to_be_about_the_same_token() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().hybrid());
    for (name, value) in [("jti", "another"), ("sid", "another"), ("azp", "another")] {
        let answer = json!({name: value});
        let token = light(&world).introspects_as(answer).lightweight();
        get(&router, &token).await.assert_invalid_token();
    }
}

#[tokio::test]
async fn a_lightweight_token_that_was_revoked_is_refused_once_that_is_known() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().hybrid());
    let alice = world.server.login("alice");
    let token = alice.token().audience(AUDIENCE).lightweight();
    assert_eq!(get(&router, &token).await.status, StatusCode::OK);
    alice.end();
    // As with every token that is verified here, a route that asks nobody does not know.
    assert_eq!(get(&router, &token).await.status, StatusCode::OK);
    post_active(&router, &token).await.assert_invalid_token();
    get(&router, &token).await.assert_invalid_token();
    world.clock.advance(seconds(10));
    get(&router, &token).await.assert_invalid_token();
}
