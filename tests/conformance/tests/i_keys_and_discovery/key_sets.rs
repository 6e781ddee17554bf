//! I7, I8, I16, I18, I19: fetching a set, and what becomes of the old one.

use std::time::Duration;

use http::StatusCode;
use portcullis_conformance::{CapturedLog, KeyServer, World, get, poll_once, protected};
use portcullis_testing::{Answer, Endpoint, Fault, HoldPoint, Rotation, SigningAlgorithm};
use serde_json::json;
use tracing::Level;

use crate::support::{fetches, join_all, lasting, unknown};

/// Bodies and manners that make a key set unusable.
fn bad_sets(world: &World) -> Vec<(&'static str, Fault)> {
    let good = world.server.jwks();
    let key = good["keys"][0].clone();
    let of_keys = |count: usize| Answer::json(&json!({"keys": vec![key.clone(); count]}));
    let text = |body: &str| Answer::json(&json!(null)).body(body);
    let padded = format!("{good}{}", " ".repeat(256 * 1024));
    vec![
        ("too long", Fault::answer(text(&padded))),
        ("without end", Fault::endless_body()),
        ("101 keys", Fault::answer(of_keys(101))),
        ("slow", Fault::slow_body(Duration::from_millis(100))),
        ("hanging", Fault::hang()),
        ("not JSON", Fault::garbage()),
        ("a page", Fault::html()),
        ("empty", Fault::answer(text(""))),
        ("an array", Fault::answer(text("[]"))),
        ("null", Fault::answer(text("null"))),
        ("no keys", Fault::answer(text("{}"))),
        ("keys an object", Fault::answer(text(r#"{"keys":{}}"#))),
        ("keys null", Fault::answer(text(r#"{"keys":null}"#))),
        ("cut off", Fault::drop_mid_answer()),
        ("status 500", Fault::status(500)),
        ("status 404", Fault::status(404)),
        ("status 204", Fault::status(204)),
    ]
}

#[tokio::test]
async fn i7_a_bad_or_oversized_set_leaves_the_last_good_one() {
    let world = World::start().await;
    let known = world.server.token().jwt();
    for (what, fault) in bad_sets(&world) {
        let patient = protected(world.realm().build().unwrap().jwt());
        let hasty = world.realm().fetch_deadline(Duration::from_secs(1));
        let router = if ["slow", "hanging"].contains(&what) {
            protected(hasty.build().unwrap().jwt())
        } else {
            patient
        };
        assert_eq!(get(&router, &known).await.status, StatusCode::OK, "{what}");

        world.server.inject(Endpoint::Jwks, fault);
        let before = fetches(&world);
        let reply = get(&router, &unknown(&world, "new")).await;
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "{what}");
        reply.assert_unavailable();
        assert_eq!(fetches(&world), before + 1, "{what}");
        assert_eq!(get(&router, &known).await.status, StatusCode::OK, "{what}");
        world.server.clear_faults(Endpoint::Jwks);
    }
}

/// The same when the set has grown old, which is when everybody waits for what comes.
#[tokio::test]
async fn i7_a_bad_set_never_replaces_a_good_one_that_has_aged() {
    let world = World::start().await;
    let known = lasting(&world);
    for (what, fault) in bad_sets(&world) {
        if ["slow", "hanging"].contains(&what) {
            continue;
        }
        let router = protected(world.realm().connect().await.unwrap().jwt());
        world.server.inject(Endpoint::Jwks, fault);
        for minutes in [10, 10, 30, 19] {
            world.clock.advance(Duration::from_secs(minutes * 60));
            let reply = get(&router, &known).await;
            assert_eq!(reply.status, StatusCode::OK, "{what}");
        }
        // An hour and ten minutes are its end.
        world.clock.advance(Duration::from_secs(60));
        let reply = get(&router, &known).await;
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "{what}");
        world.server.clear_faults(Endpoint::Jwks);
        world.clock.advance(Duration::from_secs(1));
        assert_eq!(get(&router, &known).await.status, StatusCode::OK, "{what}");
    }
}

#[tokio::test]
async fn i7_a_set_at_the_limits_is_good() {
    let world = World::start().await;
    let good = world.server.jwks();
    let mut keys = good["keys"].as_array().unwrap().clone();
    keys.resize(100, json!({"kty": "RSA", "kid": "other"}));
    let hundred = json!({"keys": keys}).to_string();
    let spaces = " ".repeat(256 * 1024 - good.to_string().len());
    for body in [hundred, format!("{good}{spaces}")] {
        let answer = Answer::json(&json!(null)).body(body);
        let fault = Fault::answer(answer);
        world.server.inject(Endpoint::Jwks, fault);
        let router = protected(world.realm().build().unwrap().jwt());
        let reply = get(&router, &world.server.token().jwt()).await;
        assert_eq!(reply.status, StatusCode::OK);
        world.server.clear_faults(Endpoint::Jwks);
    }
}

#[tokio::test]
async fn i8_a_new_kid_causes_one_refetch() {
    for algorithm in [SigningAlgorithm::RS256, SigningAlgorithm::ES256] {
        let world = World::start().await;
        let router = protected(world.realm().build().unwrap().jwt());
        let token = || world.server.token().algorithm(algorithm);
        let old = token().jwt();
        assert_eq!(get(&router, &old).await.status, StatusCode::OK);
        assert_eq!(fetches(&world), 1);

        let _new = world.server.rotate(algorithm, Rotation::KeepOld);
        for _ in 0..3 {
            assert_eq!(get(&router, &token().jwt()).await.status, StatusCode::OK);
            assert_eq!(get(&router, &old).await.status, StatusCode::OK);
            assert_eq!(fetches(&world), 2, "{algorithm}");
        }
    }
}

#[tokio::test]
async fn i8_many_tokens_of_a_new_key_cause_one_refetch() {
    let world = World::start().await;
    let keys = KeyServer::of(&world, &[]);
    let router = keys.patient_router(&world).await;
    let _new = world
        .server
        .rotate(SigningAlgorithm::RS256, Rotation::DropOld);
    keys.publish(&world, &[]);
    let tokens: Vec<_> = (0..100).map(|_| world.server.token().jwt()).collect();
    let held = keys.hold();
    let mut requests = Vec::new();
    for token in tokens {
        let router = router.clone();
        let mut request = Box::pin(async move { get(&router, &token).await });
        assert!(poll_once(&mut request).is_pending());
        requests.push(request);
    }
    drop(held);
    for reply in join_all(requests).await {
        assert_eq!(reply.status, StatusCode::OK);
    }
    assert_eq!(keys.asked(), 2);
}

#[tokio::test]
async fn i16_many_misses_cause_one_fetch() {
    let world = World::start().await;
    let router = protected(world.realm().build().unwrap().jwt());
    let gate = world.server.hold(Endpoint::Jwks, HoldPoint::BeforeAnswer);
    let mut requests = Vec::new();
    for _ in 0..100 {
        let (router, token) = (router.clone(), world.server.token().jwt());
        let mut request = Box::pin(async move { get(&router, &token).await });
        assert!(poll_once(&mut request).is_pending());
        requests.push(request);
    }
    gate.wait_for(1).await;
    gate.release();
    for reply in join_all(requests).await {
        assert_eq!(reply.status, StatusCode::OK);
    }
    assert_eq!(fetches(&world), 1);
    assert_eq!(world.server.request_count(Endpoint::Discovery), 1);
}

#[tokio::test]
async fn i18_both_json_content_types_are_accepted() {
    let world = World::start().await;
    for kind in [
        "application/json",
        "application/jwk-set+json",
        "application/json;charset=UTF-8",
        "Application/JWK-Set+JSON",
    ] {
        let typed = Fault::headers().header("content-type", kind);
        world.server.inject(Endpoint::Jwks, typed);
        let router = protected(world.realm().build().unwrap().jwt());
        let reply = get(&router, &world.server.token().jwt()).await;
        assert_eq!(reply.status, StatusCode::OK, "{kind}");
        world.server.clear_faults(Endpoint::Jwks);
    }
    // Both are asked for.
    let accept = world.server.requests(Endpoint::Jwks)[0].headers["accept"].clone();
    let accept = accept.to_str().unwrap();
    for kind in ["application/json", "application/jwk-set+json"] {
        assert!(accept.contains(kind), "{accept}");
    }
}

/// Static file servers get the type wrong, and it proves nothing: the members are what counts.
#[tokio::test]
async fn i18_a_set_is_known_by_its_members_and_not_by_its_type() {
    let world = World::start().await;
    let token = lasting(&world);
    let page = Fault::html().header("content-type", "application/jwk-set+json");
    let text = Fault::headers().header("content-type", "text/plain");
    let bytes = Fault::headers().header("content-type", "application/octet-stream");
    let untyped = Fault::headers().without_header("content-type");
    for (fault, status) in [
        (page, StatusCode::SERVICE_UNAVAILABLE),
        (text, StatusCode::OK),
        (bytes, StatusCode::OK),
        (untyped, StatusCode::OK),
    ] {
        world.server.inject(Endpoint::Jwks, fault);
        let router = protected(world.realm().build().unwrap().jwt());
        assert_eq!(get(&router, &token).await.status, status);
        world.server.clear_faults(Endpoint::Jwks);
    }
}

#[tokio::test]
async fn i19_an_empty_set_replaces_the_old_one() {
    let logs = CapturedLog::start();
    let world = World::start().await;
    let router = protected(world.realm().connect().await.unwrap().jwt());
    let known = world.server.token().jwt();
    assert_eq!(get(&router, &known).await.status, StatusCode::OK);
    assert!(
        logs.matching(Level::WARN, "no key that can be used")
            .is_empty()
    );

    let empty = Fault::answer(Answer::json(&json!({"keys": []})));
    world.server.inject(Endpoint::Jwks, empty);
    let unknown = unknown(&world, "new");
    get(&router, &unknown).await.assert_invalid_token();
    get(&router, &known).await.assert_invalid_token();
    assert!(
        !logs
            .matching(Level::WARN, "no key that can be used")
            .is_empty()
    );

    world.server.clear_faults(Endpoint::Jwks);
    assert_eq!(get(&router, &known).await.status, StatusCode::OK);
}
