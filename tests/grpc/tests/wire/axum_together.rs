//! axum and tonic in one server, with one layer around both.

use std::time::Duration;

use axum::{Router, routing::get};
use http::StatusCode;
use portcullis::AuthenticateLayer;
use portcullis_axum::Claims;
use portcullis_conformance::{Instance, World, until};
use reqwest::header;
use serde_json::Value;
use tonic::Code;

use crate::served::{Served, bearing, call, routes, table, text};

struct Together {
    world: World,
    instance: Instance,
    served: Served,
}

async fn together() -> Together {
    let world = World::start().await;
    let instance = Instance::start(&world).await;
    let authenticate = AuthenticateLayer::new(instance.issuer.hybrid()).answer_grpc();
    let served = Served::serving(async |shop, incoming, stopped| {
        let grpc = routes(&shop).await.into_axum_router().layer(table());
        let router = Router::new()
            .route(
                "/orders",
                get(async |Claims(claims): Claims<Value>| claims["sub"].to_string()),
            )
            .merge(grpc)
            .layer(authenticate);
        let server = tonic::transport::Server::builder().accept_http1(true);
        let server = server.clone().add_routes(router.into());
        tokio::spawn(server.serve_with_incoming_shutdown(incoming, stopped));
    })
    .await;
    Together {
        world,
        instance,
        served,
    }
}

#[tokio::test]
async fn each_is_answered_in_its_own_way() {
    let Together { world, served, .. } = together().await;
    let token = world.server.login("ali").token().jwt();
    let url = format!("http://{}/orders", served.address);
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = http.get(&url).bearer_auth(&token).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.text().await.unwrap(), "\"ali\"");
    let answer = http.get(&url).bearer_auth("bad").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/json");

    let mut client = served.client().await;
    assert_eq!(
        call(&mut client, "List", Some(&token)).await.unwrap(),
        "ali"
    );
    for (method, token, code) in [
        ("List", "bad", Code::Unauthenticated),
        ("Close", &*token, Code::PermissionDenied),
        ("Forgotten", &*token, Code::PermissionDenied),
    ] {
        let status = call(&mut client, method, Some(token)).await.unwrap_err();
        assert_eq!(status.code(), code, "{method}");
        assert!(
            status.metadata().contains_key("www-authenticate"),
            "{method}"
        );
    }
    // What the method refuses by itself.
    let status = call(&mut client, "Refund", Some(&token)).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
}

#[tokio::test]
async fn a_stream_ends_with_its_token_behind_the_layer_of_axum() {
    let Together {
        world,
        instance,
        served,
    } = together().await;
    let session = world.server.login("ali");
    let token = session.token().expires_in(Duration::from_secs(3600)).jwt();
    let mut client = served.client().await;
    let stream = client.watch(bearing(&token, text(""))).await;
    let mut stream = stream.unwrap().into_inner();
    served.shop.events.send("begun".into()).unwrap();
    assert_eq!(stream.message().await.unwrap().unwrap().text, "begun");
    instance.hear_of(&session).await;
    let status = stream.message().await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    assert!(status.metadata().contains_key("www-authenticate"));
    until(|| served.shop.open() == 0).await;
}
