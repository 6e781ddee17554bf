//! V1, V2, V19: no connection, no answer in time, nobody left to be answered.

use std::{net::SocketAddr, task::Poll, time::Duration};

use axum::body::Body;
use http::{Request, StatusCode, Version, header};
use portcullis::{IssuerBuilder, WithCredentials};
use portcullis_conformance::{CapturedLog, World, get, poll_once, post_active, protected, send};
use portcullis_testing::{Answer, Endpoint, Fault, HoldPoint};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::support::{SHORT, Ways, assert_fault_is_503};

#[tokio::test]
async fn v1_a_refused_connection_is_503() {
    let world = World::start().await;
    let ways = Ways::of(&world).await;
    world.server.stop().await.unwrap();
    ways.assert_unavailable("refused", None).await;
    assert_eq!(ways.local().await.status, StatusCode::OK);
    world.server.restart().await.unwrap();
    ways.assert_good("back again").await;
}

/// Sends tokens to an introspection endpoint that cannot be reached.
async fn assert_unreachable(endpoint: String) {
    let world = World::start().await;
    let ways = Ways::with(&world, |issuer| {
        issuer
            .introspection_endpoint(endpoint.as_str())
            .introspection_deadline(Duration::from_secs(1))
    });
    let ways = ways.await;
    ways.assert_unavailable(&endpoint, None).await;
    assert_eq!(ways.local().await.status, StatusCode::OK, "{endpoint}");
}

#[tokio::test]
async fn v1_a_name_that_does_not_resolve_is_503() {
    // RFC 6761 §6.4: there is never such a name.
    assert_unreachable("https://id.invalid/introspect".to_owned()).await;
}

/// The port of a server that does not speak TLS.
async fn plain_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    address
}

#[tokio::test]
async fn v1_a_failed_tls_handshake_is_503() {
    let logs = CapturedLog::start();
    let address = plain_port().await;
    assert_unreachable(format!("https://{address}/introspect")).await;
    let (reason, _) = logs.last_rejection().unwrap();
    assert_eq!(reason, "issuer_unreachable");
}

#[tokio::test]
async fn v1_keys_that_cannot_be_reached_are_503() {
    let world = World::start().await;
    let token = world.server.token().jwt();
    let plain = world.server.url(Endpoint::Jwks);
    for address in [
        format!("https://{}/jwks", plain_port().await),
        "https://id.invalid/jwks".to_owned(),
    ] {
        let issuer = world
            .realm()
            .jwks_uri(address)
            .fetch_deadline(Duration::from_secs(1));
        let router = protected(issuer.build().unwrap().jwt());
        get(&router, &token).await.assert_unavailable();
    }
    let router = protected(world.realm().jwks_uri(plain).build().unwrap().jwt());
    assert_eq!(get(&router, &token).await.status, StatusCode::OK);
}

fn hasty(issuer: IssuerBuilder<WithCredentials>) -> IssuerBuilder<WithCredentials> {
    issuer.introspection_deadline(SHORT)
}

#[tokio::test]
async fn v2_a_deadline_passed_is_503() {
    let world = World::start().await;
    for (case, fault) in [
        ("no answer", Fault::hang()),
        ("late answer", Fault::delay(Duration::from_secs(60))),
        ("head only", Fault::slow_body(Duration::from_secs(60))),
        (
            "late error",
            Fault::status(400).after(Duration::from_secs(60)),
        ),
    ] {
        let logs = CapturedLog::start();
        assert_fault_is_503(&world, hasty, case, fault).await;
        let timeouts = logs.matching(tracing::Level::WARN, "issuer_timeout");
        assert_eq!(timeouts.len(), 3, "{case}: {:?}", logs.lines());
    }
    Ways::of(&world).await.assert_good("no fault").await;
}

/// The deadline covers whatever introspection takes, finding the endpoint included.
#[tokio::test]
async fn v2_the_deadline_covers_the_discovery_of_the_endpoint() {
    let world = World::start().await;
    let router = protected(hasty(world.asking()).build().unwrap().introspection());
    world.server.inject(Endpoint::Discovery, Fault::hang());
    let token = world.server.token().opaque();
    get(&router, &token).await.assert_unavailable();
    assert_eq!(world.server.request_count(Endpoint::Introspection), 0);
}

/// A server that lets the kernel accept connections and never reads from them.
#[tokio::test]
async fn v2_a_server_that_does_not_read_is_503() {
    let world = World::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}/introspect", listener.local_addr().unwrap());
    let ways = Ways::with(&world, |issuer| {
        hasty(issuer).introspection_endpoint(endpoint)
    });
    let ways = ways.await;
    ways.assert_unavailable("does not read", None).await;
    assert_eq!(ways.local().await.status, StatusCode::OK);
}

#[tokio::test]
async fn v2_keys_and_metadata_have_a_deadline_too() {
    let world = World::start().await;
    let token = world.server.token().jwt();
    for endpoint in [Endpoint::Discovery, Endpoint::Jwks] {
        for fault in [
            Fault::hang(),
            Fault::slow_body(Duration::from_millis(100)),
            Fault::hang().with_answer(Answer::new(500)),
        ] {
            world.server.inject(endpoint, fault);
            let issuer = world.realm().fetch_deadline(SHORT);
            let router = protected(issuer.build().unwrap().jwt());
            let reply = get(&router, &token).await;
            assert_eq!(
                reply.status,
                StatusCode::SERVICE_UNAVAILABLE,
                "{endpoint:?}"
            );
            reply.assert_unavailable();
            world.server.clear_faults(endpoint);
            let router = protected(world.realm().build().unwrap().jwt());
            assert_eq!(get(&router, &token).await.status, StatusCode::OK);
        }
    }
}

#[tokio::test]
async fn v19_a_client_gone_leaves_the_flight_healthy() {
    let world = World::start().await;
    let router = protected(world.asking().connect().await.unwrap().introspection());
    let token = world.server.token().opaque();
    let gate = world
        .server
        .hold(Endpoint::Introspection, HoldPoint::BeforeAnswer);
    let mut first = Box::pin(get(&router, &token));
    assert!(poll_once(&mut first).is_pending());
    gate.wait_for(1).await;
    let mut second = Box::pin(get(&router, &token));
    assert!(poll_once(&mut second).is_pending());

    drop(first);
    let mut third = Box::pin(get(&router, &token));
    assert!(poll_once(&mut third).is_pending());
    gate.release();
    assert_eq!(second.await.status, StatusCode::OK);
    assert_eq!(third.await.status, StatusCode::OK);
    assert_eq!(world.server.request_count(Endpoint::Introspection), 1);
}

#[tokio::test]
async fn v19_when_all_clients_are_gone_the_next_is_served() {
    let world = World::start().await;
    let issuer = world.asking().connect().await.unwrap();
    let router = protected(issuer.hybrid());
    let (opaque, jwt) = (world.server.token().opaque(), world.server.token().jwt());
    let gate = world
        .server
        .hold(Endpoint::Introspection, HoldPoint::BeforeAnswer);
    let mut local = Box::pin(get(&router, &opaque));
    let mut live = Box::pin(post_active(&router, &jwt));
    assert!(poll_once(&mut local).is_pending());
    assert!(poll_once(&mut live).is_pending());
    gate.wait_for(2).await;
    drop((local, live));
    gate.release();
    assert_eq!(get(&router, &opaque).await.status, StatusCode::OK);
    assert_eq!(post_active(&router, &jwt).await.status, StatusCode::OK);
}

#[tokio::test]
async fn v19_a_client_gone_during_a_key_fetch_harms_nobody() {
    let world = World::start().await;
    let router = protected(world.realm().build().unwrap().jwt());
    let token = world.server.token().jwt();
    let gate = world.server.hold(Endpoint::Jwks, HoldPoint::BeforeAnswer);
    let mut first = Box::pin(get(&router, &token));
    assert!(poll_once(&mut first).is_pending());
    gate.wait_for(1).await;
    let mut second = Box::pin(get(&router, &token));
    assert!(poll_once(&mut second).is_pending());
    drop(first);
    gate.release();
    assert_eq!(second.await.status, StatusCode::OK);
    assert_eq!(world.server.request_count(Endpoint::Jwks), 1);
    let Poll::Ready(reply) = poll_once(&mut Box::pin(get(&router, &token))) else {
        panic!("the set is there");
    };
    assert_eq!(reply.status, StatusCode::OK);
}

#[tokio::test]
async fn v22_nobody_is_kept_longer_than_a_grpc_caller_waits() {
    let world = World::start().await;
    let issuer = world
        .asking()
        .introspection_deadline(Duration::from_secs(600));
    let issuer = issuer.connect().await.unwrap();
    let hang = Fault::hang();
    world.server.inject(Endpoint::Introspection, hang);
    for (way, router, path) in [
        ("layer", protected(issuer.introspection()), "/"),
        ("guard", protected(issuer.hybrid()), "/active"),
    ] {
        let token = world.server.token().jwt();
        let request = Request::post(path)
            .version(Version::HTTP_2)
            .header(header::CONTENT_TYPE, "application/grpc")
            .header("grpc-timeout", "50m")
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        let reply = send(&router, request.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.headers["grpc-status"], "14", "{way}");
        assert_eq!(world.calls_about(&token), 1, "{way}");
    }
}
