//! V15–V17, V21: keys, metadata, and more than one issuer.

use std::time::Duration;

use axum::{Router, body::Body};
use http::{Request, StatusCode, header};
use portcullis_conformance::{Reply, World, get, post_active, protected, send};
use portcullis_testing::{Endpoint, Fault};
use serde_json::json;

use crate::support::{COOL_DOWN, Ways};

#[tokio::test]
async fn v15_a_cached_key_set_serves_while_the_server_is_down() {
    let world = World::start().await;
    let ways = Ways::of(&world).await;
    assert_eq!(ways.local().await.status, StatusCode::OK);
    world.server.stop().await.unwrap();
    for _ in 0..3 {
        assert_eq!(ways.local().await.status, StatusCode::OK);
        ways.assert_unavailable("down", None).await;
    }
}

#[tokio::test]
async fn v15_never_loaded_or_too_stale_is_503() {
    let world = World::start().await;
    let token = world.server.token();
    let token = token.expires_in(Duration::from_secs(86_400)).jwt();
    let (max_age, max_stale) = (Duration::from_secs(60), Duration::from_secs(600));
    let limited = || {
        world
            .realm()
            .jwks_max_age(max_age)
            .jwks_max_stale(max_stale)
    };
    let loaded = protected(limited().connect().await.unwrap().jwt());
    let never = protected(limited().build().unwrap().jwt());
    world.server.stop().await.unwrap();
    get(&never, &token).await.assert_unavailable();
    world.clock.advance(max_age);
    assert_eq!(get(&loaded, &token).await.status, StatusCode::OK);
    world.clock.advance(max_stale);
    get(&loaded, &token).await.assert_unavailable();

    world.server.restart().await.unwrap();
    world.clock.advance(COOL_DOWN);
    assert_eq!(get(&never, &token).await.status, StatusCode::OK);
    assert_eq!(get(&loaded, &token).await.status, StatusCode::OK);
}

#[tokio::test]
async fn v16_an_unknown_kid_with_a_healthy_key_set_is_401() {
    let world = World::start().await;
    let unknown = world.server.token().header("kid", "stranger").jwt();
    for router in [
        protected(world.realm().build().unwrap().jwt()),
        protected(world.realm().connect().await.unwrap().jwt()),
        protected(world.asking().build().unwrap().hybrid()),
    ] {
        get(&router, &unknown).await.assert_invalid_token();
        let known = world.server.token().jwt();
        assert_eq!(get(&router, &known).await.status, StatusCode::OK);
    }
    assert_eq!(world.server.request_count(Endpoint::Introspection), 0);
}

#[tokio::test]
async fn v17_a_discovery_mismatch_is_503_until_mended() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let router = protected(issuer.hybrid());
    let (jwt, opaque) = (world.server.token().jwt(), world.server.token().opaque());
    let other = json!({"issuer": "https://id.example.com/realms/test"});
    world.server.patch_discovery(&other);
    for _ in 0..3 {
        get(&router, &jwt).await.assert_unavailable();
        get(&router, &opaque).await.assert_unavailable();
        post_active(&router, &jwt).await.assert_unavailable();
        assert!(world.asking().connect().await.is_err());
        world.clock.advance(COOL_DOWN);
    }
    assert_eq!(world.server.request_count(Endpoint::Jwks), 0);
    assert_eq!(world.server.request_count(Endpoint::Introspection), 0);

    world.server.reset_discovery();
    assert!(world.asking().connect().await.is_ok());
    assert_eq!(get(&router, &jwt).await.status, StatusCode::OK);
    assert_eq!(get(&router, &opaque).await.status, StatusCode::OK);
    assert_eq!(post_active(&router, &jwt).await.status, StatusCode::OK);
}

async fn get_at(router: &Router, path: &str, token: &str) -> Reply {
    let request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
    send(router, request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn v21_one_issuer_down_leaves_the_others_up() {
    for fault in [
        None,
        Some(Fault::status(500)),
        Some(Fault::status(401)),
        Some(Fault::garbage()),
        Some(Fault::drop_before_answer()),
    ] {
        let (one, other) = (World::start().await, World::start().await);
        let router = Router::new()
            .nest("/one", protected(one.asking().build().unwrap().hybrid()))
            .nest(
                "/other",
                protected(other.asking().build().unwrap().hybrid()),
            );
        match fault {
            None => one.server.stop().await.unwrap(),
            Some(fault) => {
                for endpoint in Endpoint::ALL {
                    one.server.inject(endpoint, fault.clone());
                }
            }
        }
        for _ in 0..10 {
            for (world, path, is_up) in [(&one, "/one", false), (&other, "/other", true)] {
                let token = || world.server.token();
                for token in [token().jwt(), token().opaque()] {
                    let reply = get_at(&router, path, &token).await;
                    if is_up {
                        assert_eq!(reply.status, StatusCode::OK);
                    } else {
                        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
                    }
                }
            }
        }
    }
}
