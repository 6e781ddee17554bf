//! What a method asks of its token by itself.

use portcullis::AuthenticateLayer;
use portcullis_conformance::World;
use portcullis_testing::{Endpoint, Fault};
use tonic::{Code, transport::Server};

use crate::served::{Scene, Served, call, routes};

#[tokio::test]
async fn a_live_answer_is_asked_for_once_and_each_time() {
    let scene = Scene::start().await;
    let mut client = scene.served.client().await;
    let clerk = scene.clerk();
    for calls in 1..=3 {
        assert_eq!(
            call(&mut client, "Refund", Some(&clerk)).await.unwrap(),
            "ali"
        );
        assert_eq!(scene.world.calls(), calls);
    }
    for calls in 4..=5 {
        assert_eq!(call(&mut client, "Pay", Some(&clerk)).await.unwrap(), "ali");
        assert_eq!(scene.world.calls(), calls);
    }
}

/// What the server says now counts, not what the token says.
#[tokio::test]
async fn a_role_that_was_taken_away_is_missing() {
    let scene = Scene::start().await;
    let mut client = scene.served.client().await;
    let clerk = scene.clerk();
    scene.world.server.set_realm_roles("ali", [""; 0]);
    let status = call(&mut client, "Refund", Some(&clerk)).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    // Nobody is asked where the token counts as it is.
    assert_eq!(
        call(&mut client, "Close", Some(&clerk)).await.unwrap(),
        "ali"
    );
}

#[tokio::test]
async fn a_token_that_the_server_does_not_know_any_more_is_refused() {
    let scene = Scene::start().await;
    let mut client = scene.served.client().await;
    for method in ["Refund", "Pay"] {
        let clerk = scene.clerk();
        assert_eq!(
            call(&mut client, method, Some(&clerk)).await.unwrap(),
            "ali"
        );
        scene.world.server.revoke(&clerk);
        let reached = scene.served.shop.calls();
        let status = call(&mut client, method, Some(&clerk)).await.unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated);
        assert_eq!(scene.served.shop.calls(), reached, "it was not reached");
    }
}

/// Nobody has the server asked by calling what he may not.
#[tokio::test]
async fn what_a_token_does_not_suffice_for_costs_no_call() {
    let scene = Scene::start().await;
    let mut client = scene.served.client().await;
    let status = call(&mut client, "Close", Some(&scene.token())).await;
    assert_eq!(status.unwrap_err().code(), Code::PermissionDenied);
    assert_eq!(scene.world.calls(), 0);
}

#[tokio::test]
async fn an_outage_stops_what_is_live_and_nothing_else() {
    let scene = Scene::start().await;
    let mut client = scene.served.client().await;
    let clerk = scene.clerk();
    scene
        .world
        .server
        .inject(Endpoint::Introspection, Fault::status(503));
    for method in ["Refund", "Pay"] {
        let status = call(&mut client, method, Some(&clerk)).await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
    }
    for method in ["List", "Close", "Export"] {
        assert_eq!(
            call(&mut client, method, Some(&clerk)).await.unwrap(),
            "ali"
        );
    }
}

/// No table, no other layer: what a method says is a status with its challenge all the same.
#[tokio::test]
async fn a_method_speaks_for_itself_behind_the_layer_alone() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let layer = AuthenticateLayer::grpc(issuer.hybrid());
    let served = Served::serving(async |shop, incoming, stopped| {
        let server = Server::builder()
            .layer(layer)
            .add_routes(routes(&shop).await);
        tokio::spawn(server.serve_with_incoming_shutdown(incoming, stopped));
    })
    .await;
    let mut client = served.client().await;
    let nobody = world.server.login("ali").token().jwt();
    let status = call(&mut client, "Refund", Some(&nobody))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    let challenge = status.metadata().get("www-authenticate").unwrap();
    assert!(challenge.to_str().unwrap().contains("insufficient_scope"));
}

/// Whoever forgets the layer is told.
#[tokio::test]
async fn a_method_without_the_layer_is_internal() {
    let served = Served::serving(async |shop, incoming, stopped| {
        let server = Server::builder().add_routes(routes(&shop).await);
        tokio::spawn(server.serve_with_incoming_shutdown(incoming, stopped));
    })
    .await;
    let status = call(&mut served.client().await, "Refund", None).await;
    assert_eq!(status.unwrap_err().code(), Code::Internal);
}
