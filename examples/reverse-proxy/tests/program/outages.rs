//! Services behind that are not there, or do not answer to the end.

use std::{future::IntoFuture, sync::Arc, time::Duration};

use axum::Router;
use futures_util::StreamExt;
use portcullis_testing::AuthorizationServer;
use tokio::net::TcpListener;

use crate::world::{World, program};

const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn outages_are_told_apart() {
    let world = World::start().await;
    let token = world.server.token().jwt();
    assert_eq!(world.status("GET", "/", &token).await, 200);
    world.server.stop().await.unwrap();
    assert_eq!(world.status("POST", "/", &token).await, 503);
    assert_eq!(world.status("GET", "/", &token).await, 200);

    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    let alone = World::before(&address, Arc::default(), "30").await;
    let token = alone.server.token().jwt();
    assert_eq!(alone.status("GET", "/", &token).await, 502);
    let log = alone.program.kill().await.unwrap();
    assert!(
        log.contains("the service behind cannot be reached: client error (Connect): tcp connect"),
        "{log}"
    );
    assert!(!log.contains(&token));
}

#[tokio::test]
async fn an_answer_that_does_not_go_on_is_cut_off() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = format!("http://{}", listener.local_addr().unwrap());
    let stuck = Router::new().fallback(|| async {
        let begun = futures_util::stream::iter([Ok::<_, std::io::Error>("begun")]);
        axum::body::Body::from_stream(begun.chain(futures_util::stream::pending()))
    });
    tokio::spawn(axum::serve(listener, stuck).into_future());
    let world = World::before(&upstream, Arc::default(), "1").await;
    let token = world.server.token().jwt();
    let answer = world.request("GET", "/", &token).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let body = tokio::time::timeout(PATIENCE, answer.bytes()).await;
    assert!(body.unwrap().is_err());
}

#[tokio::test]
async fn an_upstream_that_cannot_be_is_told_at_the_start() {
    let server = AuthorizationServer::start().await.unwrap();
    for upstream in [
        "",
        "https://127.0.0.1:4000",
        "http://127.0.0.1:4000/api",
        "4000",
    ] {
        let program = program(&server).env("UPSTREAM", upstream).start().unwrap();
        let (status, _, log) = program.end().await.unwrap();
        assert!(!status.success(), "{upstream}");
        assert!(log.contains("UPSTREAM: the service behind"), "{log}");
    }
}
