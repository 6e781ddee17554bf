//! What a request has to be, what it is answered, and how much of it is read.

use axum::{
    Router,
    body::{Body, Bytes},
    routing::get as on_get,
};
use http::{Method, Request, StatusCode, header};
use portcullis::{AuthenticateLayer, LogoutReceiver};
use portcullis_axum::backchannel_logout_route;
use portcullis_conformance::{Reply, Wire, get, notify, send};

use crate::support::Told;

const FORM: &str = "application/x-www-form-urlencoded";

async fn post(told: &Told, content_type: &str, body: impl Into<Body>) -> Reply {
    let request = Request::post("/backchannel-logout")
        .header(header::CONTENT_TYPE, content_type)
        .body(body.into())
        .unwrap();
    send(&told.instance.receiver, request).await
}

#[tokio::test]
async fn q1_a_form_with_one_logout_token_is_taken() {
    let told = Told::start().await;
    for (content_type, behind) in [
        (FORM, ""),
        ("application/x-www-form-urlencoded; charset=UTF-8", ""),
        ("Application/X-WWW-Form-URLEncoded", ""),
        (FORM, "&state=what-is-not-known"),
    ] {
        let session = told.world.server.login("alice");
        let token = session.token().jwt();
        let body = format!("logout_token={}{behind}", session.logout_token().jwt());
        let reply = post(&told, content_type, body).await;
        assert_eq!(reply.status, StatusCode::OK, "{content_type}");
        let status = told.status_of(&token).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{content_type}");
    }
}

#[tokio::test]
async fn q1_everything_else_is_refused() {
    let told = Told::start().await;
    let logout_token = told.world.server.logout_token().jwt();
    let form = format!("logout_token={logout_token}");
    let json = format!("{{\"logout_token\":\"{logout_token}\"}}");
    for (content_type, body) in [
        (FORM, String::new()),
        (FORM, "logout_token=".to_owned()),
        (FORM, format!("{form}&{form}")),
        (FORM, format!("{form}&logout_token=")),
        (FORM, form.replace("logout_token", "token")),
        (FORM, form.replace("logout_token", "Logout_Token")),
        (FORM, logout_token.clone()),
        ("application/json", json),
        ("application/json", form.clone()),
        ("text/plain", form.clone()),
        ("application/logout+jwt", logout_token.clone()),
        ("multipart/form-data", form.clone()),
        ("", form.clone()),
    ] {
        let reply = post(&told, content_type, body.clone()).await;
        assert_eq!(
            reply.status,
            StatusCode::BAD_REQUEST,
            "{content_type}: {body}"
        );
    }
    assert!(told.instance.issuer.revocations().is_empty());
}

#[tokio::test]
async fn q1_a_request_without_or_with_two_content_types_is_refused() {
    let told = Told::start().await;
    let logout_token = told.world.server.logout_token().jwt();
    for types in [&[][..], &[FORM, FORM], &[FORM, "text/plain"]] {
        let mut request = Request::post("/backchannel-logout");
        for content_type in types {
            request = request.header(header::CONTENT_TYPE, *content_type);
        }
        let body = Body::from(format!("logout_token={logout_token}"));
        let reply = send(&told.instance.receiver, request.body(body).unwrap()).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{types:?}");
    }
    assert!(told.instance.issuer.revocations().is_empty());
}

#[tokio::test]
async fn q1_other_methods_are_refused() {
    let told = Told::start().await;
    let form = format!("logout_token={}", told.world.server.logout_token().jwt());
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH] {
        let request = Request::builder()
            .method(&method)
            .uri(format!("/backchannel-logout?{form}"))
            .header(header::CONTENT_TYPE, FORM)
            .body(Body::from(form.clone()))
            .unwrap();
        let reply = send(&told.instance.receiver, request).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{method}");
    }
    assert!(told.instance.issuer.revocations().is_empty());
}

#[tokio::test]
async fn q9_success_and_failure_are_never_stored_and_failure_says_so_in_json() {
    let told = Told::start().await;
    let good = told.world.server.logout_token().jwt();
    let bad = told.world.server.logout_token().audience("others").jwt();
    let success = notify(&told.instance.receiver, &good).await;
    assert_eq!(success.status, StatusCode::OK);
    assert!(success.body.is_empty());
    let failure = notify(&told.instance.receiver, &bad).await;
    assert_eq!(failure.status, StatusCode::BAD_REQUEST);
    assert_eq!(failure.json()["error"], "invalid_request");
    for reply in [&success, &failure] {
        assert_eq!(reply.headers[header::CACHE_CONTROL], "no-store");
        // It is no resource that a bearer token would open.
        assert!(reply.challenge().is_none());
    }
    // What is wrong is for the log: whoever asks learns nothing of our configuration.
    let text = String::from_utf8(failure.body.to_vec()).unwrap();
    assert!(
        !text.contains("test-app") && !text.contains("aud"),
        "{text}"
    );
}

#[tokio::test]
async fn q13_a_body_of_more_than_64_kib_is_not_taken() {
    let told = Told::start().await;
    let session = told.world.server.login("alice");
    let token = session.token().jwt();
    let logout_token = session.logout_token().jwt();
    let form = format!("logout_token={logout_token}&padding=");
    let padding = |length: usize| "x".repeat(length - form.len());
    let limit = LogoutReceiver::MAX_LENGTH;
    assert_eq!(limit, 64 * 1024);
    let too_long = format!("{form}{}", padding(limit + 1));
    let reply = post(&told, FORM, too_long).await;
    assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(told.status_of(&token).await, StatusCode::OK);
    let longest = format!("{form}{}", padding(limit));
    assert_eq!(post(&told, FORM, longest).await.status, StatusCode::OK);
    assert_eq!(told.status_of(&token).await, StatusCode::UNAUTHORIZED);
}

/// Whatever its `Content-Length` says, and if it never comes to an end.
#[tokio::test]
async fn q13_no_more_than_the_limit_is_read() {
    let told = Told::start().await;
    let wire = Wire::serve(told.instance.receiver.clone()).await;
    let head = format!(
        "POST /backchannel-logout HTTP/1.1\r\nHost: here\r\nConnection: close\r\nContent-Type: {FORM}\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    let chunk = format!("4000\r\n{}\r\n", "x".repeat(0x4000));
    // A quarter more than the limit, and no last chunk: who waited for it would wait for ever.
    let reply = wire.ask(format!("{head}{}", chunk.repeat(5))).await;
    assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn q13_it_stands_beside_the_bearer_layer() {
    let told = Told::start().await;
    let issuer = &told.instance.issuer;
    let receiver = backchannel_logout_route(issuer.logout_receiver().unwrap());
    let router = Router::new()
        .route("/", on_get(|| async {}))
        .layer(AuthenticateLayer::new(issuer.hybrid()))
        .route("/backchannel-logout", receiver);
    let session = told.world.server.login("alice");
    let token = session.token().jwt();
    assert_eq!(get(&router, &token).await.status, StatusCode::OK);
    let reply = notify(&router, &session.logout_token().jwt()).await;
    assert_eq!(reply.status, StatusCode::OK);
    get(&router, &token).await.assert_invalid_token();
}

#[tokio::test]
async fn q13_what_is_no_text_is_refused() {
    let told = Told::start().await;
    for body in [&b"logout_token=\xff\xfe"[..], b"logout_token=%ff%fe", b"\0"] {
        let reply = post(&told, FORM, Bytes::from_static(body)).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{body:?}");
    }
}
