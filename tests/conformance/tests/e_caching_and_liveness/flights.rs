//! Those who ask about one token together share one call, whatever becomes of its first caller.

use std::collections::HashSet;

use http::StatusCode;
use portcullis_conformance::{Crowd, Mishap, WatchedClient, World, get, getting, protected};
use portcullis_testing::{Endpoint, Fault, HoldPoint};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::support::{assert_ok, calls, seconds};

#[tokio::test]
async fn e9_a_hundred_requests_with_one_token_cause_one_call() {
    let world = World::start().await;
    let issuer = world
        .asking()
        .introspection_deadline(seconds(60))
        .build()
        .unwrap();
    for router in [
        protected(issuer.introspection()),
        protected(issuer.hybrid()),
    ] {
        world.server.clear_requests();
        let gate = world
            .server
            .hold(Endpoint::Introspection, HoldPoint::BeforeAnswer);
        let token = world.server.token().opaque();
        let crowd = Crowd::of(100, |_| getting(&router, &token));
        gate.wait_for(1).await;
        gate.release();
        for reply in crowd.replies().await {
            assert_ok(&reply);
        }
        assert_eq!(calls(&world), 1);
    }
}

#[tokio::test]
async fn e9_a_hundred_tokens_cause_no_more_calls_at_once_than_allowed() {
    let world = World::start().await;
    let client = WatchedClient::new();
    let issuer = world.asking().introspection_deadline(seconds(60));
    let issuer = issuer.introspection_calls(7).http_client(client.clone());
    let router = protected(issuer.build().unwrap().introspection());
    let gate = world
        .server
        .hold(Endpoint::Introspection, HoldPoint::BeforeAnswer);
    let tokens: Vec<String> = (0..100).map(|_| world.server.token().opaque()).collect();
    let distinct: HashSet<&String> = tokens.iter().collect();
    assert_eq!(distinct.len(), 100);
    let crowd = Crowd::of(100, |number| getting(&router, &tokens[number]));
    gate.wait_for(7).await;
    gate.release();
    for reply in crowd.replies().await {
        assert_ok(&reply);
    }
    assert_eq!(calls(&world), 100);
    assert_eq!(client.most_at_once(), 7);
}

#[tokio::test]
async fn e10_who_came_first_may_leave() {
    let world = World::start().await;
    let issuer = world
        .asking()
        .introspection_deadline(seconds(60))
        .build()
        .unwrap();
    let router = protected(issuer.introspection());
    let gate = world
        .server
        .hold(Endpoint::Introspection, HoldPoint::BeforeAnswer);
    let token = world.server.token().opaque();
    let mut crowd = Crowd::of(10, |_| getting(&router, &token));
    gate.wait_for(1).await;
    crowd.first_leaves();
    gate.release();
    let replies = crowd.replies().await;
    assert_eq!(replies.len(), 9);
    for reply in replies {
        assert_ok(&reply);
    }
    assert_eq!(calls(&world), 1);
}

#[tokio::test]
async fn e10_who_came_first_may_leave_before_the_call_has_begun() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().introspection());
    let token = world.server.token().opaque();
    let mut crowd = Crowd::of(10, |_| getting(&router, &token));
    crowd.first_leaves();
    for reply in crowd.replies().await {
        assert_ok(&reply);
    }
    assert_eq!(calls(&world), 1);
}

#[tokio::test]
async fn e10_the_connection_of_the_first_client_may_break() {
    let world = World::start().await;
    let issuer = world
        .asking()
        .introspection_deadline(seconds(60))
        .build()
        .unwrap();
    let router = protected(issuer.introspection());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, router).into_future());
    let gate = world
        .server
        .hold(Endpoint::Introspection, HoldPoint::BeforeAnswer);
    let token = world.server.token().opaque();
    let request = format!(
        "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {token}\r\n\r\n"
    );
    let mut first = TcpStream::connect(address).await.unwrap();
    first.write_all(request.as_bytes()).await.unwrap();
    gate.wait_for(1).await;
    drop(first);
    let mut second = TcpStream::connect(address).await.unwrap();
    second.write_all(request.as_bytes()).await.unwrap();
    gate.release();
    let mut answer = String::new();
    second.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(calls(&world), 1);
}

#[tokio::test]
async fn e11_a_panic_in_the_call_fails_those_who_wait_and_nobody_later() {
    for mishap in [Mishap::PanicAtOnce, Mishap::PanicOnTheWay] {
        let world = World::start().await;
        let client = WatchedClient::new();
        let issuer = world.asking().http_client(client.clone()).build().unwrap();
        let router = protected(issuer.introspection());
        let token = world.server.token().opaque();
        client.befall(mishap);
        let crowd = Crowd::of(10, |_| getting(&router, &token));
        for reply in crowd.replies().await {
            reply.assert_unavailable();
        }
        assert_ok(&get(&router, &token).await);
        assert_eq!(calls(&world), 1);
    }
}

#[tokio::test]
async fn e12_a_failing_server_is_asked_once_by_all_who_wait() {
    for (fault, calls_about_it) in [
        (Fault::status(500), 1),
        (Fault::status(503), 1),
        (Fault::garbage(), 1),
        // A lost connection is tried once more.
        (Fault::drop_before_answer(), 2),
    ] {
        let world = World::start().await;
        let issuer = world
            .asking()
            .introspection_deadline(seconds(60))
            .build()
            .unwrap();
        let router = protected(issuer.introspection());
        let token = world.server.token().opaque();
        world.server.inject(Endpoint::Introspection, fault.clone());
        let gate = world
            .server
            .hold(Endpoint::Introspection, HoldPoint::BeforeAnswer);
        let crowd = Crowd::of(100, |_| getting(&router, &token));
        gate.wait_for(1).await;
        gate.release();
        for reply in crowd.replies().await {
            assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "{fault:?}");
            reply.assert_unavailable();
        }
        assert_eq!(world.calls_about(&token), calls_about_it, "{fault:?}");
        // As many more find out whether it is the server or the token.
        assert!(calls(&world) <= 2 * calls_about_it, "{fault:?}");
    }
}
