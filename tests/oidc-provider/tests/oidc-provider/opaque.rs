//! Opaque tokens, about which only the server can say anything.

use http::StatusCode;
use portcullis_conformance::{get, post_active};

use crate::world::{ORDERS, World};

#[tokio::test]
async fn an_opaque_token_is_good_and_its_claims_are_what_the_server_says() {
    let Some(world) = World::start().await else {
        return;
    };
    let token = world.token(ORDERS).await;
    assert!(!token.contains('.'), "{token}");
    let said = world.shop.introspect(&token).await.unwrap();
    for (way, service) in world.services() {
        let reply = get(&service, &token).await;
        assert_eq!(reply.status, StatusCode::OK, "{way}: {reply:?}");
        let claims = reply.json();
        for name in ["iss", "aud", "client_id", "scope", "iat", "exp"] {
            assert_eq!(claims[name], said[name], "{way}: {name}");
        }
        assert_eq!(claims["iss"], world.server.issuer(), "{way}");
        assert_eq!(claims["client_id"], "shop", "{way}");
        assert_eq!(claims["scope"], "read", "{way}");
        assert_eq!(
            post_active(&service, &token).await.status,
            StatusCode::OK,
            "{way}"
        );
    }
}

#[tokio::test]
async fn the_audience_is_one_string_and_a_client_of_its_own_has_no_subject() {
    let Some(world) = World::start().await else {
        return;
    };
    let (own, users) = (world.token(ORDERS).await, world.alice().await.access);
    for (way, service) in world.services() {
        let claims = get(&service, &own).await.json();
        assert_eq!(claims["aud"], ORDERS, "{way}");
        assert_eq!(claims.get("sub"), None, "{way}");
        let claims = get(&service, &users).await.json();
        assert_eq!(claims["aud"], ORDERS, "{way}");
        assert_eq!(claims["sub"], "alice", "{way}");
    }
}

#[tokio::test]
async fn garbage_is_inactive() {
    let Some(world) = World::start().await else {
        return;
    };
    for (way, service) in world.services() {
        for token in ["garbage", "a.b", "~~~", &"x".repeat(3000)] {
            get(&service, token).await.assert_invalid_token();
            let reply = post_active(&service, token).await;
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{way}: {token}");
        }
    }
}

#[tokio::test]
async fn a_live_route_sees_a_revocation_at_once() {
    let Some(world) = World::start().await else {
        return;
    };
    for (way, service) in world.services() {
        for token in [world.token(ORDERS).await, world.alice().await.access] {
            assert_eq!(get(&service, &token).await.status, StatusCode::OK, "{way}");
            assert_eq!(
                post_active(&service, &token).await.status,
                StatusCode::OK,
                "{way}"
            );
            world.shop.revoke(&token).await.unwrap();
            post_active(&service, &token).await.assert_invalid_token();
            // What the live route has learned, the others know.
            get(&service, &token).await.assert_invalid_token();
        }
    }
}
