//! How well, and how lately, a user was authenticated.

use std::time::Duration;

use axum::{
    Router,
    body::Body,
    routing::{get, post},
};
use http::Request;
use portcullis::{AuthenticateLayer, Dpop, RequireAcr, RequireActiveLayer, RequireScope};
use portcullis_axum::{AuthRejection, Token};
use portcullis_conformance::{T0, World, challenges, get as bearing, send};
use portcullis_testing::{SigningAlgorithm, SigningKey};
use serde_json::json;

use crate::{assert_steps_up, wanting};

const AGE: Duration = Duration::from_secs(300);

fn gold_or_silver() -> RequireAcr {
    RequireAcr::one_of(["gold", "silver"]).unwrap()
}

#[tokio::test]
async fn p1_another_class_is_told_which_will_do() {
    let world = World::start().await;
    let router = wanting(
        world.realm().connect().await.unwrap().jwt(),
        gold_or_silver(),
    );
    let token = world.server.token();
    for acr in ["bronze", "0", ""] {
        let reply = bearing(&router, &token.clone().claim("acr", acr).jwt()).await;
        assert_steps_up(&reply, Some("gold silver"), None);
    }
    for acr in ["gold", "silver"] {
        let reply = bearing(&router, &token.clone().claim("acr", acr).jwt()).await;
        assert_eq!(reply.status, 200, "{acr}");
    }
}

#[tokio::test]
async fn p2_an_old_authentication_is_told_how_old_it_may_be() {
    let world = World::start().await;
    let authentication = RequireAcr::authenticated_within(AGE);
    let router = wanting(world.realm().connect().await.unwrap().jwt(), authentication);
    let old = world.server.token().claim("auth_time", T0 - 301).jwt();
    assert_steps_up(&bearing(&router, &old).await, None, Some("300"));
    let both = wanting(
        world.realm().connect().await.unwrap().jwt(),
        gold_or_silver().max_age(AGE),
    );
    let old = world
        .server
        .token()
        .claim("acr", "gold")
        .claim("auth_time", T0 - 301)
        .jwt();
    assert_steps_up(
        &bearing(&both, &old).await,
        Some("gold silver"),
        Some("300"),
    );
}

#[tokio::test]
async fn p3_classes_are_compared_whole_and_have_no_order() {
    let world = World::start().await;
    let router = wanting(
        world.realm().connect().await.unwrap().jwt(),
        gold_or_silver(),
    );
    for acr in [
        json!("Gold"),
        json!("gold silver"),
        json!("golden"),
        json!("platinum"),
        json!(1),
        json!(null),
        json!(["gold"]),
    ] {
        let token = world.server.token().claim("acr", acr).jwt();
        assert_steps_up(&bearing(&router, &token).await, Some("gold silver"), None);
    }
    let without = world.server.token().without_claim("acr").jwt();
    assert_steps_up(&bearing(&router, &without).await, Some("gold silver"), None);
}

#[tokio::test]
async fn p4_a_time_of_authentication_is_there_and_believable() {
    let world = World::start().await;
    let authentication = RequireAcr::authenticated_within(AGE);
    let router = wanting(world.realm().connect().await.unwrap().jwt(), authentication);
    let token = world.server.token();
    for (time, status) in [
        (json!(T0 - 300), 200),
        (json!(T0), 200),
        (json!(T0 + 30), 200),
        (json!(T0 + 31), 401),
        (json!(T0 - 301), 401),
        (json!("1700000000"), 401),
        (json!(null), 401),
        (json!(-1), 401),
        // Milliseconds, as some servers have them.
        (json!(T0 * 1000), 401),
    ] {
        let token = token.clone().claim("auth_time", time.clone()).jwt();
        let reply = bearing(&router, &token).await;
        assert_eq!(reply.status.as_u16(), status, "{time}");
    }
    let without = token.without_claim("auth_time").jwt();
    assert_steps_up(&bearing(&router, &without).await, None, Some("300"));
}

#[tokio::test]
async fn p4_an_authentication_grows_old_by_itself() {
    let world = World::start().await;
    let authentication = RequireAcr::authenticated_within(AGE);
    let router = wanting(world.realm().connect().await.unwrap().jwt(), authentication);
    let token = world
        .server
        .token()
        .claim("auth_time", T0)
        .expires_in(AGE * 2)
        .jwt();
    assert_eq!(bearing(&router, &token).await.status, 200);
    world.clock.advance(AGE);
    assert_eq!(bearing(&router, &token).await.status, 200);
    world.clock.advance(Duration::from_secs(1));
    assert_steps_up(&bearing(&router, &token).await, None, Some("300"));
}

/// Requires the class once more, in the handler.
async fn of_both(token: Token) -> Result<(), AuthRejection> {
    token.require(gold_or_silver())?;
    Ok(())
}

#[tokio::test]
async fn p5_who_lacks_both_is_told_to_step_up_first() {
    let world = World::start().await;
    let issuer = world.asking().connect().await.unwrap();
    let layer = || AuthenticateLayer::new(issuer.hybrid());
    let scope = || RequireScope::all(["write"]).unwrap();
    // The outer guard answers first.
    let router = Router::new()
        .route("/", get(|| async {}))
        .layer(scope())
        .layer(gold_or_silver())
        .layer(layer());
    let token = world.server.token().scope("read").jwt();
    let reply = bearing(&router, &token).await;
    assert_steps_up(&reply, Some("gold silver"), None);
    assert_eq!(challenges(&reply.headers).len(), 1);
    // Where both are judged at once, on what the server says now, the order does not matter.
    let router = Router::new()
        .route("/", post(of_both).layer(RequireActiveLayer::live()))
        .layer(gold_or_silver())
        .layer(scope())
        .layer(layer());
    let good = world.server.token().scope("write").claim("acr", "gold");
    let demoted = good
        .introspects_as(json!({"scope": "read", "acr": "bronze"}))
        .jwt();
    let request = Request::post("/")
        .header("authorization", format!("Bearer {demoted}"))
        .body(Body::empty())
        .unwrap();
    assert_steps_up(&send(&router, request).await, Some("gold silver"), None);
}

#[tokio::test]
async fn p6_what_introspection_says_counts_and_either_scheme_tells() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let router = wanting(issuer.introspection(), gold_or_silver().max_age(AGE));
    let token = |acr: &str, time: u64| {
        let said = json!({"acr": acr, "auth_time": time});
        world.server.token().introspects_as(said).opaque()
    };
    assert_eq!(bearing(&router, &token("gold", T0)).await.status, 200);
    let reply = bearing(&router, &token("bronze", T0)).await;
    assert_steps_up(&reply, Some("gold silver"), Some("300"));

    let key = SigningKey::generate(SigningAlgorithm::ES256);
    let bound = json!({"cnf": {"jkt": key.thumbprint()}, "acr": "bronze"});
    let token = world.server.token().introspects_as(bound).opaque();
    let dpop = Dpop::at("https://api.example").unwrap();
    let router = Router::new()
        .route("/", get(|| async {}))
        .layer(gold_or_silver())
        .layer(AuthenticateLayer::new(issuer.introspection()).dpop(dpop));
    let proof = world.server.dpop_proof(&key, "GET", "https://api.example/");
    let request = Request::get("/")
        .header("authorization", format!("DPoP {token}"))
        .header("dpop", proof.token(&token).jwt())
        .body(Body::empty())
        .unwrap();
    let reply = send(&router, request).await;
    let [bearer, dpop] = challenges(&reply.headers).try_into().unwrap();
    assert_eq!(bearer.parameter("error"), None);
    let error = dpop.parameter("error");
    assert_eq!(error, Some("insufficient_user_authentication"));
    assert_eq!(dpop.parameter("acr_values"), Some("gold silver"));
}

#[test]
fn p7_a_class_that_cannot_stand_in_a_challenge_is_refused() {
    for bad in ["", "a b", "a\"b", "a\\b", "é"] {
        assert!(RequireAcr::one_of([bad]).is_err(), "{bad:?}");
    }
    let none: [&str; 0] = [];
    assert!(RequireAcr::one_of(none).is_err());
}
