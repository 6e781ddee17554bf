//! Requests that take longer than what the server granted is kept.

use std::{sync::Arc, time::Duration};

use axum::{Router, routing::get};
use portcullis::{AuthenticateLayer, CanAsk, Issuer, RequireActiveLayer};
use portcullis_axum::{AuthRejection, Token};
use portcullis_conformance::{World, get as bearing};
use portcullis_testing::{Endpoint, Fault};

use crate::{RESOURCE, asked, assert_forbidden, status, view, world};

/// What happens while a request is served, before it asks whether its token still lives.
type Meanwhile = fn(&World);

fn withdraw(world: &World) {
    world.server.withdraw_permission("alice", RESOURCE);
}

fn withdraw_and_wait(world: &World) {
    withdraw(world);
    world.clock.advance(Duration::from_secs(10));
}

fn wait(world: &World) {
    world.clock.advance(Duration::from_secs(10));
}

fn serving(world: &Arc<World>, meanwhile: Meanwhile) -> Router {
    let world = world.clone();
    let serve = move |token: Token| {
        let world = world.clone();
        async move {
            meanwhile(&world);
            token.still_active().await?;
            token.still_active().await?;
            Ok::<_, AuthRejection>("served")
        }
    };
    Router::new().route("/", get(serve))
}

async fn granting() -> (Arc<World>, Issuer<CanAsk>) {
    let (world, issuer) = world().await;
    world.server.grant_permission("alice", RESOURCE, ["view"]);
    (Arc::new(world), issuer)
}

#[tokio::test]
async fn t14_who_asks_about_the_token_again_asks_for_its_permissions_too() {
    for (meanwhile, expected, calls) in [
        (wait as Meanwhile, 200, 2),
        (withdraw_and_wait, 403, 2),
        // What was granted is kept for as long as ever.
        (withdraw, 200, 1),
    ] {
        let (world, issuer) = granting().await;
        let guard = view().asking(&issuer.uma());
        let router = serving(&world, meanwhile)
            .layer(guard)
            .layer(AuthenticateLayer::new(issuer.hybrid()));
        let token = world.server.token().jwt();
        assert_eq!(status(&router, &token).await, expected);
        assert_eq!(asked(&world).0, calls);
    }
}

#[tokio::test]
async fn t14_what_cannot_be_asked_again_is_unavailable() {
    let (world, issuer) = granting().await;
    let meanwhile = |world: &World| {
        wait(world);
        world.server.inject(Endpoint::Token, Fault::status(500));
    };
    let router = serving(&world, meanwhile)
        .layer(view().asking(&issuer.uma()))
        .layer(AuthenticateLayer::new(issuer.hybrid()));
    let reply = bearing(&router, &world.server.token().jwt()).await;
    reply.assert_unavailable();
}

#[tokio::test]
async fn t14_a_layer_further_in_takes_over_what_was_granted() {
    let (world, issuer) = granting().await;
    let router = serving(&world, withdraw_and_wait)
        .layer(AuthenticateLayer::new(issuer.hybrid()))
        .layer(view().asking(&issuer.uma()))
        .layer(AuthenticateLayer::new(issuer.hybrid()));
    assert_forbidden(&bearing(&router, &world.server.token().jwt()).await);
    assert_eq!(asked(&world).0, 2);
}

#[tokio::test]
async fn t14_a_live_answer_costs_no_second_question() {
    let (world, issuer) = granting().await;
    let router = Router::new()
        .route("/", get(|| async {}))
        .layer(RequireActiveLayer::live())
        .layer(view().asking(&issuer.uma()))
        .layer(AuthenticateLayer::new(issuer.hybrid()));
    assert_eq!(status(&router, &world.server.token().jwt()).await, 200);
    assert_eq!((asked(&world).0, world.calls()), (1, 1));
}

/// A stream that looks at the permission again and again remembers it once.
#[tokio::test]
async fn t14_a_handler_may_require_it_as_often_as_it_likes() {
    let (world, issuer) = granting().await;
    let guard = view().asking(&issuer.uma());
    let shared = world.clone();
    let serve = move |token: Token| {
        let (world, guard) = (shared.clone(), guard.clone());
        async move {
            for _ in 0..3 {
                guard.require(&token).await?;
                wait(&world);
            }
            token.still_active().await?;
            Ok::<_, AuthRejection>("served")
        }
    };
    let router = Router::new()
        .route("/", get(serve))
        .layer(AuthenticateLayer::new(issuer.hybrid()));
    assert_eq!(status(&router, &world.server.token().jwt()).await, 200);
    assert_eq!(asked(&world).0, 4);
}
