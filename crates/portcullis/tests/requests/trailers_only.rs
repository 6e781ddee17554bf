//! Refusals of gRPC requests, told by content type, method and version: HTTP 200, a status in
//! the headers, no body. Over the wire they are in `grpc`.

use http::{HeaderValue, Method, Request, Version, header};
use portcullis::{AuthenticateLayer, RequireRole};
use tower::{Layer, ServiceBuilder, service_fn};

use crate::support::{Body, Scripted, Seen, greet, request, send};

/// A call as gRPC makes it.
fn call(content_type: &'static str, token: Option<&str>) -> Request<Body> {
    let mut request = request(token);
    *request.method_mut() = Method::POST;
    *request.version_mut() = Version::HTTP_2;
    let content_type = HeaderValue::from_static(content_type);
    request
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    request
}

async fn answer(request: Request<Body>) -> Seen {
    let layer = AuthenticateLayer::new(Scripted::plain()).answer_grpc();
    send(layer.layer(service_fn(greet)), request).await
}

async fn refused(content_type: &'static str, token: Option<&str>) -> Seen {
    answer(call(content_type, token)).await
}

#[tokio::test]
async fn a_refusal_consists_of_headers_alone() {
    let seen = refused("application/grpc", Some("expired")).await;
    assert_eq!(seen.status, 200);
    assert_eq!(seen.header("content-type"), Some("application/grpc"));
    assert_eq!(seen.header("grpc-status"), Some("16"));
    assert_eq!(
        seen.header("grpc-message"),
        Some("The access token expired")
    );
    assert_eq!(seen.header("cache-control"), Some("no-store"));
    assert_eq!(seen.body, "");
}

#[tokio::test]
async fn every_flavor_of_grpc_is_answered_in_kind() {
    for (asked, answered) in [
        ("application/grpc+proto", "application/grpc"),
        ("application/grpc-web", "application/grpc-web+proto"),
        ("application/grpc-web+proto", "application/grpc-web+proto"),
        (
            "application/grpc-web-text",
            "application/grpc-web-text+proto",
        ),
        (
            "application/grpc-web-text+proto; charset=utf-8",
            "application/grpc-web-text+proto",
        ),
    ] {
        let seen = refused(asked, None).await;
        assert_eq!(seen.status, 200, "{asked}");
        assert_eq!(seen.header("content-type"), Some(answered), "{asked}");
        assert_eq!(seen.header("grpc-status"), Some("16"), "{asked}");
    }
}

#[tokio::test]
async fn what_only_resembles_grpc_is_answered_in_http() {
    for content_type in [
        "application/json",
        "application/grpcish",
        "text/application/grpc",
    ] {
        let seen = refused(content_type, None).await;
        assert_eq!(seen.status, 401, "{content_type}");
        assert_eq!(seen.header("grpc-status"), None, "{content_type}");
    }
}

#[tokio::test]
async fn a_content_type_alone_turns_no_refusal_into_a_200() {
    for content_type in [
        "application/grpc",
        "application/grpc-web",
        "application/grpc-web-text",
    ] {
        for method in [
            Method::GET,
            Method::HEAD,
            Method::PUT,
            Method::DELETE,
            Method::OPTIONS,
        ] {
            let mut request = call(content_type, Some("expired"));
            *request.method_mut() = method.clone();
            let seen = answer(request).await;
            assert_eq!(seen.status, 401, "{method} {content_type}");
            assert_eq!(seen.header("grpc-status"), None, "{method} {content_type}");
        }
    }
}

/// Whoever goes by the HTTP status alone is told no, whatever a client says that it speaks.
#[tokio::test]
async fn a_service_without_grpc_refuses_in_http_alone() {
    let layer = AuthenticateLayer::new(Scripted::plain());
    let optional = AuthenticateLayer::optional(Scripted::plain());
    for content_type in [
        "application/grpc",
        "application/grpc+proto",
        "application/grpc-web",
        "application/grpc-web-text",
    ] {
        for (layer, token, status) in [
            (&layer, None, 401),
            (&layer, Some("expired"), 401),
            (&layer, Some("issuer_unreachable"), 503),
            (&optional, Some("expired"), 401),
        ] {
            let service = layer.clone().layer(service_fn(greet));
            let seen = send(service, call(content_type, token)).await;
            assert_eq!(seen.status, status, "{content_type}");
            assert_eq!(seen.header("grpc-status"), None, "{content_type}");
            assert_eq!(seen.header("content-type"), Some("application/json"));
        }
    }
}

#[tokio::test]
async fn only_the_web_flavors_of_grpc_do_without_http_2() {
    for (content_type, version, status) in [
        ("application/grpc", Version::HTTP_10, 401),
        ("application/grpc+proto", Version::HTTP_11, 401),
        ("application/grpc", Version::HTTP_3, 200),
        ("application/grpc-web", Version::HTTP_11, 200),
        ("application/grpc-web-text", Version::HTTP_11, 200),
    ] {
        let mut request = call(content_type, None);
        *request.version_mut() = version;
        let seen = answer(request).await;
        assert_eq!(seen.status, status, "{content_type} {version:?}");
        assert_eq!(seen.header("grpc-status").is_some(), status == 200);
    }
}

#[tokio::test]
async fn an_outage_says_in_both_ways_when_to_come_again() {
    let seen = refused("application/grpc", Some("issuer_unreachable")).await;
    assert_eq!(seen.header("grpc-status"), Some("14"));
    assert_eq!(seen.header("grpc-retry-pushback-ms"), Some("1000"));
    assert_eq!(seen.header("retry-after"), Some("1"));
}

#[tokio::test]
async fn the_refusal_of_a_guard_is_answered_in_grpc_too() {
    let service = ServiceBuilder::new()
        .layer(AuthenticateLayer::new(Scripted::plain()).answer_grpc())
        .layer(RequireRole::realm("admin"))
        .service_fn(greet);
    let seen = send(service, call("application/grpc", Some("good"))).await;
    assert_eq!(
        (seen.status.as_u16(), seen.header("grpc-status")),
        (200, Some("7"))
    );
    assert_eq!(seen.body, "");
}

#[tokio::test]
async fn binary_metadata_is_no_token() {
    let mut request = request(None);
    let token = HeaderValue::from_static("QmVhcmVyIGdvb2Q=");
    request.headers_mut().insert("authorization-bin", token);
    let service = AuthenticateLayer::new(Scripted::plain()).layer(service_fn(greet));
    assert_eq!(send(service, request).await.status, 401);
}
