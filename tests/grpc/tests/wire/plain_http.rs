//! U8: a plain HTTP request to the same port gets an ordinary answer of HTTP.

use http::StatusCode;
use reqwest::{Client, Response, header};
use tonic::body::Body;
use tower::{Service, ServiceExt};

use crate::served::Scene;

async fn post(scene: &Scene, client: &Client, content_type: &str, token: Option<&str>) -> Response {
    let url = format!("http://{}/shop.v1.Orders/List", scene.served.address);
    let mut request = client.post(url).header(header::CONTENT_TYPE, content_type);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    request.send().await.unwrap()
}

#[tokio::test]
async fn u8_a_plain_request_gets_an_ordinary_401() {
    let scene = Scene::start().await;
    let http1 = Client::builder().no_proxy().build().unwrap();
    let http2 = Client::builder()
        .no_proxy()
        .http2_prior_knowledge()
        .build()
        .unwrap();
    for client in [&http1, &http2] {
        for token in [None, Some("not.a.token")] {
            let answer = post(&scene, client, "application/json", token).await;
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
            let headers = answer.headers();
            assert!(!headers.contains_key("grpc-status"));
            let challenge = headers[header::WWW_AUTHENTICATE].to_str().unwrap();
            assert!(challenge.starts_with("Bearer realm="), "{challenge}");
        }
    }
    // gRPC needs HTTP/2: over HTTP/1.1 it is a plain request.
    let answer = post(&scene, &http1, "application/grpc", None).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(scene.served.shop.calls(), 0);
}

/// tonic's own client sends what it is given; grpcurl sends gRPC and nothing else.
#[tokio::test]
async fn u8_a_plain_request_over_tonics_channel_gets_an_ordinary_401() {
    let scene = Scene::start().await;
    let mut channel = scene.served.channel().await;
    for token in [None, Some("not.a.token")] {
        let url = format!("http://{}/shop.v1.Orders/List", scene.served.address);
        let mut request = http::Request::post(url).header(header::CONTENT_TYPE, "application/json");
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let channel = channel.ready().await.unwrap();
        let request = request.body(Body::new("{}".to_owned())).unwrap();
        let answer = channel.call(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        let headers = answer.headers();
        assert!(!headers.contains_key("grpc-status"));
        let challenge = headers[header::WWW_AUTHENTICATE].to_str().unwrap();
        assert!(challenge.starts_with("Bearer realm="), "{challenge}");
    }
    assert_eq!(scene.served.shop.calls(), 0);
}

#[tokio::test]
async fn u8_grpc_web_is_answered_in_its_own_kind() {
    let scene = Scene::start().await;
    let client = Client::builder().no_proxy().build().unwrap();
    for (asked, answered) in [
        ("application/grpc-web+proto", "application/grpc-web+proto"),
        (
            "application/grpc-web-text",
            "application/grpc-web-text+proto",
        ),
    ] {
        let answer = post(&scene, &client, asked, None).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()[header::CONTENT_TYPE], answered);
        assert_eq!(answer.headers()["grpc-status"], "16");
        assert!(answer.bytes().await.unwrap().is_empty());
    }
}
