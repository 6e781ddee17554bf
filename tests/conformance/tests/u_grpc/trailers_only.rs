//! U1 and U8: the form of a refusal.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use portcullis_conformance::{World, protected, send};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    frames::{Frame, response_frames},
    service::Served,
};

const LIST: &str = "/shop.Orders/List";

#[tokio::test]
async fn u1_a_refusal_is_one_headers_frame_that_ends_the_stream() {
    let world = World::start().await;
    let served = Served::start(world.asking().build().unwrap().introspection()).await;
    let good = format!("Bearer {}", world.server.token().opaque());
    for content_type in [
        "application/grpc",
        "application/grpc+proto",
        "application/grpc-web",
    ] {
        for authorization in [&[][..], &[("authorization", "Bearer no-good")][..]] {
            let content_type = [("content-type", content_type), ("te", "trailers")];
            let headers = [&content_type[..], authorization].concat();
            let frames = response_frames(served.address, LIST, &headers).await;
            assert_eq!(frames, [Frame::Headers { ends: true }], "{headers:?}");
        }
    }
    // A good token gets through on the same wire, and an ordinary refusal has a body.
    let headers = [
        ("content-type", "application/grpc"),
        ("authorization", good.as_str()),
    ];
    assert!(
        response_frames(served.address, LIST, &headers).await[0] == Frame::Headers { ends: true }
    );
    let frames = response_frames(served.address, LIST, &[("content-type", "text/plain")]).await;
    assert_eq!(frames[0], Frame::Headers { ends: false });
    assert!(matches!(frames[1], Frame::Data { .. }), "{frames:?}");
}

#[tokio::test]
async fn u1_a_refusal_has_http_200_and_a_grpc_content_type() {
    let world = World::start().await;
    let served = Served::start(world.asking().build().unwrap().hybrid()).await;
    for content_type in [
        "application/grpc",
        "application/grpc+proto",
        "application/grpc+json",
        "application/grpc;charset=utf-8",
        "Application/gRPC",
    ] {
        let answer = served.post("List", &[("content-type", content_type)]).await;
        answer.assert_trailers_only();
        assert_eq!(
            answer.header("content-type"),
            Some("application/grpc"),
            "{content_type}"
        );
        assert_eq!(answer.header("grpc-status"), Some("16"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    let token = format!("Bearer {}", world.server.token().jwt());
    let answer = served.call("List", &[("authorization", &token)]).await;
    assert_eq!(answer.header("grpc-status"), Some("0"));
}

#[tokio::test]
async fn u8_grpc_web_is_answered_in_kind() {
    let world = World::start().await;
    let served = Served::start(world.asking().build().unwrap().hybrid()).await;
    for (asked, answered) in [
        ("application/grpc-web", "application/grpc-web+proto"),
        ("application/grpc-web+proto", "application/grpc-web+proto"),
        (
            "application/grpc-web-text",
            "application/grpc-web-text+proto",
        ),
        (
            "application/grpc-web-text+proto",
            "application/grpc-web-text+proto",
        ),
    ] {
        let answer = served.post("List", &[("content-type", asked)]).await;
        answer.assert_trailers_only();
        assert_eq!(answer.header("content-type"), Some(answered), "{asked}");
        assert_eq!(answer.header("grpc-status"), Some("16"), "{asked}");
        assert!(answer.header("www-authenticate").is_some(), "{asked}");
    }
}

#[tokio::test]
async fn u8_plain_requests_to_the_same_server_are_answered_in_http() {
    let world = World::start().await;
    let served = Served::start(world.asking().build().unwrap().hybrid()).await;
    for content_type in [
        "application/json",
        "text/plain",
        "application/grpcish",
        "application/grp",
        "text/application/grpc",
    ] {
        let answer = served.post("List", &[("content-type", content_type)]).await;
        assert_eq!(
            answer.http_status,
            StatusCode::UNAUTHORIZED,
            "{content_type}"
        );
        assert_eq!(answer.header("grpc-status"), None, "{content_type}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert!(answer.header("www-authenticate").is_some());
        assert!(answer.body.starts_with(b"{"), "{content_type}");
    }
    let answer = served.post("List", &[]).await;
    assert_eq!(answer.http_status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.header("grpc-status"), None);
}

#[tokio::test]
async fn u8_a_json_post_over_http_1_is_answered_in_http() {
    let world = World::start().await;
    let served = Served::start(world.asking().build().unwrap().hybrid()).await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    let request = format!(
        "POST {LIST} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let answer = answer.to_lowercase();
    assert!(answer.starts_with("http/1.1 401 "), "{answer}");
    assert!(answer.contains("www-authenticate: bearer "), "{answer}");
    assert!(!answer.contains("grpc-status"), "{answer}");
}

#[tokio::test]
async fn u8_the_answer_follows_the_content_type_and_nothing_else() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().hybrid());
    let request = Request::post("/")
        .header("accept", "application/grpc")
        .header("te", "trailers")
        .header("grpc-timeout", "1S")
        .body(Body::empty())
        .unwrap();
    let reply = send(&router, request).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert!(!reply.headers.contains_key("grpc-status"));
}
