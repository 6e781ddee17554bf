//! The server gone, frozen, and back.

use std::time::Duration;

use http::StatusCode;
use portcullis_conformance::{get, post_active, protected};

use crate::world::{LEDGER, ORDERS, World, services, until_status};

/// For a server that takes the connection and says nothing.
const SHORT: Duration = Duration::from_millis(500);

#[tokio::test]
async fn while_the_server_is_down_live_routes_are_503_and_they_recover_by_themselves() {
    let Some(mut world) = World::start().await else {
        return;
    };
    let (opaque, jwt) = (world.token(ORDERS).await, world.token(LEDGER).await);
    let asking = world.services();
    let local = protected(world.local().resource(LEDGER).build().unwrap().jwt());
    for (_, service) in &asking {
        assert_eq!(post_active(service, &opaque).await.status, StatusCode::OK);
    }
    assert_eq!(get(&local, &jwt).await.status, StatusCode::OK);

    world.server.stop().await.unwrap();
    for (_, service) in &asking {
        post_active(service, &opaque).await.assert_unavailable();
        get(service, "a-stranger").await.assert_unavailable();
    }
    assert_eq!(get(&local, &jwt).await.status, StatusCode::OK);

    world.server.start_again().await.unwrap();
    let fresh = world.token(ORDERS).await;
    for (_, service) in &asking {
        until_status(service, &fresh, StatusCode::OK).await;
        assert_eq!(post_active(service, &fresh).await.status, StatusCode::OK);
        // The server has forgotten it.
        post_active(service, &opaque).await.assert_invalid_token();
    }
}

#[tokio::test]
async fn while_the_server_is_frozen_live_routes_are_503_and_the_same_token_is_good_afterwards() {
    let Some(world) = World::start().await else {
        return;
    };
    let (seen, unseen) = (world.token(ORDERS).await, world.token(ORDERS).await);
    let asking = services(world.asking().introspection_deadline(SHORT));
    for (_, service) in &asking {
        assert_eq!(post_active(service, &seen).await.status, StatusCode::OK);
    }

    world.server.freeze().unwrap();
    let mut replies = Vec::new();
    for (_, service) in &asking {
        replies.push(post_active(service, &seen).await);
        replies.push(get(service, &unseen).await);
    }
    world.server.thaw().unwrap();

    for reply in replies {
        reply.assert_unavailable();
    }
    for (_, service) in &asking {
        until_status(service, &unseen, StatusCode::OK).await;
        assert_eq!(post_active(service, &seen).await.status, StatusCode::OK);
    }
}
