//! Section U by tonic's own client.

use http::{Request as HttpRequest, StatusCode};
use http_body_util::BodyExt;
use portcullis_conformance::{CLIENT_ID, World};
use portcullis_testing::{Client, Endpoint, Fault};
use tonic::{Code, Request, Status, body::Body};
use tower::{Service, ServiceExt};

use crate::{
    served::{Scene, bearing, call, text, wanting_gold},
    shop::proto::Text,
};

#[tokio::test]
async fn u1_a_rejection_is_trailers_only_with_http_200() {
    let scene = Scene::start().await;
    let mut channel = scene.served.channel().await;
    let request = HttpRequest::post(format!(
        "http://{}/shop.v1.Orders/List",
        scene.served.address
    ))
    .header("content-type", "application/grpc")
    .header("te", "trailers")
    .body(Body::empty());
    let channel = channel.ready().await.unwrap();
    let response = channel.call(request.unwrap()).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let headers = response.headers();
    assert_eq!(headers["content-type"], "application/grpc");
    assert_eq!(headers["grpc-status"], "16");
    assert!(http_body::Body::is_end_stream(response.body()));
    let body = response.into_body().collect().await.unwrap();
    assert!(body.trailers().is_none() && body.to_bytes().is_empty());
}

#[tokio::test]
async fn u2_no_token_and_bad_ones_are_unauthenticated() {
    let scene = Scene::start().await;
    let mut client = scene.served.client().await;
    let server = &scene.world.server;
    let (good, expired) = (
        scene.token(),
        server.token().claim("exp", 1_600_000_000).jwt(),
    );
    let forged = server.token().signature(vec![0; 256]).jwt();
    let foreign = server.token().audience("payments-api").jwt();
    assert_eq!(call(&mut client, "List", Some(&good)).await.unwrap(), "ali");
    let reached = scene.served.shop.calls();
    for token in [
        None,
        Some(&*expired),
        Some(&*forged),
        Some(&*foreign),
        Some("a b"),
    ] {
        let status = call(&mut client, "List", token).await.unwrap_err();
        assert_eq!(
            status.code(),
            Code::Unauthenticated,
            "{token:?}: {status:?}"
        );
    }
    assert_eq!(scene.served.shop.calls(), reached);
}

#[tokio::test]
async fn u2_what_a_token_does_not_suffice_for_is_permission_denied() {
    let scene = Scene::start().await;
    let mut client = scene.served.client().await;
    let (clerk, nobody) = (scene.clerk(), scene.token());
    for method in ["Close", "Export", "Refund"] {
        assert_eq!(
            call(&mut client, method, Some(&clerk)).await.unwrap(),
            "ali"
        );
        let status = call(&mut client, method, Some(&nobody)).await.unwrap_err();
        assert_eq!(
            status.code(),
            Code::PermissionDenied,
            "{method}: {status:?}"
        );
    }
}

#[tokio::test]
async fn u2_a_server_that_is_down_is_unavailable_and_our_own_mistake_is_internal() {
    let scene = Scene::start().await;
    let mut client = scene.served.client().await;
    let server = &scene.world.server;
    let clerk = scene.clerk();
    for method in ["Pay", "Refund"] {
        assert_eq!(
            call(&mut client, method, Some(&clerk)).await.unwrap(),
            "ali"
        );
        server.inject(Endpoint::Introspection, Fault::status(503).times(1));
        let status = call(&mut client, method, Some(&clerk)).await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable, "{method}: {status:?}");
        scene.world.clock.advance(std::time::Duration::from_secs(2));
    }
    server.add_client(Client::new(CLIENT_ID, "renewed"));
    for method in ["Pay", "Refund"] {
        let status = call(&mut client, method, Some(&clerk)).await.unwrap_err();
        assert_eq!(status.code(), Code::Internal, "{method}: {status:?}");
    }
}

#[tokio::test]
async fn u2_a_verifier_that_cannot_ask_is_internal() {
    let scene = Scene::with(|issuer| issuer.jwt()).await;
    let mut client = scene.served.client().await;
    let clerk = scene.clerk();
    for method in ["Pay", "Refund"] {
        let status = call(&mut client, method, Some(&clerk)).await.unwrap_err();
        assert_eq!(status.code(), Code::Internal, "{method}: {status:?}");
    }
}

#[tokio::test]
async fn u2_a_login_that_has_to_be_better_is_unauthenticated() {
    let world = World::start().await;
    let served = wanting_gold(&world).await;
    let mut client = served.client().await;
    let plain = world.server.token().jwt();
    let status = call(&mut client, "Forgotten", Some(&plain))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    let challenge = status.metadata().get("www-authenticate").unwrap();
    let challenge = challenge.to_str().unwrap();
    assert!(
        challenge.contains("insufficient_user_authentication"),
        "{challenge}"
    );
    let golden = world.server.token().claim("acr", "gold").jwt();
    call(&mut client, "Forgotten", Some(&golden)).await.unwrap();
}

#[tokio::test]
async fn u4_the_message_is_what_a_client_may_read() {
    let scene = Scene::start().await;
    let mut client = scene.served.client().await;
    let status = call(&mut client, "List", None).await.unwrap_err();
    let missing = portcullis::Rejection::new(portcullis::Reason::MissingToken);
    assert_eq!(status.message(), missing.description());
}

/// Whoever refuses: the layer, the table, or the method.
#[tokio::test]
async fn u5_the_challenge_is_metadata() {
    let scene = Scene::start().await;
    let mut client = scene.served.client().await;
    let nobody = scene.token();
    let revoked = scene.clerk();
    for (method, token, error) in [
        ("List", None, None),
        ("List", Some("not.a.token"), Some("invalid_token")),
        ("Close", Some(&*nobody), Some("insufficient_scope")),
        ("Refund", Some(&*nobody), Some("insufficient_scope")),
    ] {
        let status = call(&mut client, method, token).await.unwrap_err();
        assert_challenge(&status, error);
    }
    scene.world.server.revoke(&revoked);
    for method in ["Pay", "Refund"] {
        let status = call(&mut client, method, Some(&revoked)).await.unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated);
        assert_challenge(&status, Some("invalid_token"));
    }
}

#[track_caller]
fn assert_challenge(status: &Status, error: Option<&str>) {
    let challenges: Vec<_> = status
        .metadata()
        .get_all("www-authenticate")
        .iter()
        .collect();
    assert_eq!(challenges.len(), 1, "{status:?}");
    let challenge = challenges[0].to_str().unwrap();
    assert!(challenge.starts_with("Bearer realm="), "{challenge}");
    match error {
        Some(error) => assert!(
            challenge.contains(&format!("error=\"{error}\"")),
            "{challenge}"
        ),
        None => assert!(!challenge.contains("error="), "{challenge}"),
    }
}

#[tokio::test]
async fn u6_one_ascii_authorization_entry_counts() {
    let scene = Scene::start().await;
    let mut client = scene.served.client().await;
    let token = scene.token();
    let mut binary = Request::new(text(""));
    let value = tonic::metadata::MetadataValue::from_bytes(format!("Bearer {token}").as_bytes());
    binary.metadata_mut().insert_bin("authorization-bin", value);
    assert_eq!(refused(client.list(binary).await), Code::Unauthenticated);
    let mut twice = bearing(&token, text(""));
    let value = format!("Bearer {token}").parse().unwrap();
    twice.metadata_mut().append("authorization", value);
    assert_eq!(refused(client.list(twice).await), Code::Unauthenticated);
}

fn refused(answer: Result<tonic::Response<Text>, Status>) -> Code {
    answer.unwrap_err().code()
}

#[tokio::test]
async fn u7_a_stream_is_judged_once_unless_it_is_to_end_with_its_token() {
    let scene = Scene::start().await;
    let mut client = scene.served.client().await;
    let token = scene.token();
    let stream = client.follow(bearing(&token, text(""))).await;
    let mut stream = stream.unwrap().into_inner();
    scene
        .world
        .clock
        .advance(std::time::Duration::from_secs(24 * 3600));
    scene.served.shop.events.send("still here".into()).unwrap();
    let message = stream.message().await.unwrap().unwrap();
    assert_eq!(message.text, "still here");
}

#[tokio::test]
async fn u9_unavailable_says_when_to_come_again() {
    let scene = Scene::start().await;
    let mut client = scene.served.client().await;
    let clerk = scene.clerk();
    for method in ["Pay", "Refund"] {
        let down = Fault::status(503).header("retry-after", "7").times(1);
        scene.world.server.inject(Endpoint::Introspection, down);
        let status = call(&mut client, method, Some(&clerk)).await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable, "{status:?}");
        let pushback = status.metadata().get("grpc-retry-pushback-ms").unwrap();
        assert_eq!(pushback, "7000");
        scene.world.clock.advance(std::time::Duration::from_secs(8));
    }
}
