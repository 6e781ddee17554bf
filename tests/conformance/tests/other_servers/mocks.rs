//! oauth2-mock-server, whose answers say nothing but `active`, and navikt's mock-oauth2-server,
//! whose JWTs name no client.

use std::time::Duration;

use axum::Router;
use http::StatusCode;
use portcullis::{AccessTokenProfile, CanAsk, Issuer, RequireActiveLayer};
use portcullis_conformance::{
    AUDIENCE, CLIENT_ID, CLIENT_SECRET, T0, World, get, post_active, protected,
};
use serde_json::{Value, json};

use crate::support::{asking, issuer, jwt, scoped, scoped_by, status};

fn claims(world: &World) -> Value {
    json!({
        "iss": world.server.issuer(), "sub": "alice", "aud": AUDIENCE, "exp": T0 + 300,
        "iat": T0, "scope": "read", "jti": "one",
    })
}

/// A service behind a scope that asks about every token.
fn asked_for(issuer: &Issuer<CanAsk>, scope: &str) -> Router {
    scoped_by(issuer.hybrid(), scope, |route| {
        route.layer(RequireActiveLayer::live())
    })
}

#[tokio::test]
async fn e18_an_answer_of_nothing_but_active_confirms_the_jwt_by_a_switch() {
    let world = World::start().await;
    let mock = || asking(&world).profile(AccessTokenProfile::DangerDex);
    let token = jwt(&world, Some("JWT"), &claims(&world));
    let only_active = json!({"active": true});
    world.server.set_introspection_answer(&token, only_active);

    // Without it what the answer does not say is empty, the audience first of all.
    let plain = mock().build().unwrap();
    let router = protected(plain.hybrid());
    post_active(&router, &token).await.assert_invalid_token();

    let issuer = mock().minimal_answers().build().unwrap();
    let router = protected(issuer.hybrid());
    let reply = post_active(&router, &token).await;
    assert_eq!(reply.status, StatusCode::OK);
    let inactive = json!({"active": false});
    world.server.set_introspection_answer(&token, inactive);
    post_active(&router, &token).await.assert_invalid_token();
}

#[tokio::test]
async fn e18_a_confirmed_jwt_keeps_its_scopes_and_its_end() {
    let world = World::start().await;
    let issuer = asking(&world).profile(AccessTokenProfile::DangerDex);
    let issuer = issuer.minimal_answers().build().unwrap();
    let token = jwt(&world, Some("JWT"), &claims(&world));
    world
        .server
        .set_introspection_answer(&token, json!({"active": true}));
    for (scope, expected) in [("read", 200), ("admin", 403)] {
        let router = asked_for(&issuer, scope);
        assert_eq!(status(&router, &token).await, expected, "{scope}");
    }
    world.clock.advance(Duration::from_secs(331));
    assert_eq!(status(&asked_for(&issuer, "read"), &token).await, 401);
}

#[tokio::test]
async fn e18_an_answer_that_says_more_counts_as_any_other() {
    let world = World::start().await;
    let issuer = asking(&world).profile(AccessTokenProfile::DangerDex);
    let issuer = issuer.minimal_answers().build().unwrap();
    let router = asked_for(&issuer, "read");
    for (answer, expected) in [
        (
            json!({"active": true, "aud": AUDIENCE, "scope": "read"}),
            200,
        ),
        (json!({"active": true, "aud": AUDIENCE}), 403),
        (
            json!({"active": true, "aud": AUDIENCE, "scope": "other"}),
            403,
        ),
        (json!({"active": true, "client_id": "shop"}), 401),
        (json!({"active": true, "sub": "mallory"}), 401),
    ] {
        let mut claims = claims(&world);
        claims["jti"] = json!(answer.to_string());
        let token = jwt(&world, Some("JWT"), &claims);
        world
            .server
            .set_introspection_answer(&token, answer.clone());
        assert_eq!(status(&router, &token).await, expected, "{answer}");
    }
}

#[tokio::test]
async fn e18_to_introspection_alone_such_an_answer_says_nothing() {
    let world = World::start().await;
    let issuer = asking(&world).minimal_answers().build().unwrap();
    let token = jwt(&world, Some("JWT"), &claims(&world));
    world
        .server
        .set_introspection_answer(&token, json!({"active": true}));
    assert_eq!(
        status(&protected(issuer.introspection()), &token).await,
        401
    );
}

#[tokio::test]
async fn e18_where_the_audience_is_waived_such_an_answer_lets_in_without_any_right() {
    let world = World::start().await;
    let issuer = Issuer::builder(world.server.issuer())
        .unwrap()
        .danger_any_audience()
        .clock(world.clock.clone())
        .client_secret(CLIENT_ID, CLIENT_SECRET)
        .minimal_answers()
        .build()
        .unwrap();
    let token = jwt(&world, Some("JWT"), &claims(&world));
    let only_active = json!({"active": true});
    world.server.set_introspection_answer(&token, only_active);
    let reply = get(&protected(issuer.introspection()), &token).await;
    assert_eq!(reply.json(), json!({"active": true}));
    let by_scope = scoped(issuer.introspection(), "read");
    assert_eq!(status(&by_scope, &token).await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn e18_an_answer_of_nothing_is_none_where_answers_are_known_by_what_they_have() {
    let world = World::start().await;
    let issuer = asking(&world).profile(AccessTokenProfile::DangerDex);
    let issuer = issuer.minimal_answers().access_tokens_have(["scope"]);
    let router = protected(issuer.build().unwrap().hybrid());
    let token = jwt(&world, Some("JWT"), &claims(&world));
    let only_active = json!({"active": true});
    world.server.set_introspection_answer(&token, only_active);
    assert_eq!(status(&router, &token).await, StatusCode::OK);
    post_active(&router, &token).await.assert_invalid_token();
}

#[tokio::test]
async fn k4_a_jwt_that_names_no_client_is_good_by_the_profile_alone() {
    let world = World::start().await;
    let token = jwt(&world, Some("JWT"), &claims(&world));
    let strict = issuer(&world).build().unwrap();
    let dex = issuer(&world).profile(AccessTokenProfile::DangerDex);
    let dex = dex.build().unwrap();
    assert_eq!(status(&protected(strict.jwt()), &token).await, 401);
    assert_eq!(status(&protected(dex.jwt()), &token).await, 200);
}
