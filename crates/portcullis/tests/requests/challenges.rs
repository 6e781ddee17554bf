//! What a refused client is told: status, challenge, headers, body.

use http::{HeaderValue, Request, header};
use portcullis::{AuthenticateLayer, Authenticator, EmptyBody, Rejection, RequireScope};
use serde_json::json;
use tower::{Layer, ServiceBuilder, service_fn};

use crate::support::{Body, Scripted, Seen, greet, request, send};

async fn refused(token: Option<&str>) -> Seen {
    let service = AuthenticateLayer::new(Scripted::plain()).layer(service_fn(greet));
    send(service, request(token)).await
}

async fn refused_header(values: &[&str]) -> Seen {
    let mut request = request(None);
    for value in values {
        let value = HeaderValue::from_str(value).unwrap();
        request.headers_mut().append(header::AUTHORIZATION, value);
    }
    let service = AuthenticateLayer::new(Scripted::plain()).layer(service_fn(greet));
    send(service, request).await
}

#[tokio::test]
async fn a_missing_token_is_401_and_its_challenge_names_no_error() {
    let seen = refused(None).await;
    assert_eq!(seen.status, 401);
    assert_eq!(
        seen.header("www-authenticate"),
        Some(r#"Bearer realm="api""#)
    );
    assert_eq!(seen.header("cache-control"), Some("no-store"));
    assert_eq!(seen.header("retry-after"), None);
    assert_eq!(seen.header("content-type"), Some("application/json"));
    assert_eq!(
        seen.body,
        r#"{"error":"missing_token","error_description":"An access token is required"}"#
    );
}

#[tokio::test]
async fn another_scheme_counts_as_no_token() {
    for value in ["Basic Zm9v", "Negotiate x", "Bearertok", "DPoP abc"] {
        let seen = refused_header(&[value]).await;
        assert_eq!(seen.status, 401, "{value}");
        assert_eq!(
            seen.header("www-authenticate"),
            Some(r#"Bearer realm="api""#)
        );
    }
}

#[tokio::test]
async fn a_token_elsewhere_than_in_the_header_is_no_token() {
    let request = Request::get("/orders?access_token=good")
        .header(header::PROXY_AUTHORIZATION, "Bearer good")
        .header("x-access-token", "good")
        .header("x-forwarded-authorization", "Bearer good")
        .header(header::COOKIE, "access_token=good")
        .body(Body::default())
        .unwrap();
    let service = AuthenticateLayer::new(Scripted::plain()).layer(service_fn(greet));
    assert_eq!(send(service, request).await.status, 401);
}

#[tokio::test]
async fn a_bad_token_is_401_invalid_token() {
    let seen = refused(Some("forged")).await;
    assert_eq!(seen.status, 401);
    assert_eq!(
        seen.header("www-authenticate"),
        Some(
            r#"Bearer realm="api", error="invalid_token", error_description="The access token could not be verified""#
        )
    );
    assert_eq!(seen.header("cache-control"), Some("no-store"));
    assert_eq!(
        seen.body,
        r#"{"error":"invalid_token","error_description":"The access token could not be verified"}"#
    );
    let expired = refused(Some("expired")).await;
    assert_eq!(
        expired.header("www-authenticate"),
        Some(
            r#"Bearer realm="api", error="invalid_token", error_description="The access token expired""#
        )
    );
}

#[tokio::test]
async fn a_malformed_request_is_400_with_a_challenge() {
    for values in [
        vec!["Bearer good", "Bearer good"],
        vec!["Basic Zm9v", "Bearer good"],
        vec!["Bearer good, Bearer good"],
        vec!["Bearer"],
    ] {
        let seen = refused_header(&values).await;
        assert_eq!(seen.status, 400, "{values:?}");
        assert_eq!(
            seen.header("www-authenticate"),
            Some(
                r#"Bearer realm="api", error="invalid_request", error_description="The request must carry exactly one set of credentials""#
            )
        );
        assert_eq!(seen.header("cache-control"), Some("no-store"));
    }
}

#[tokio::test]
async fn a_missing_scope_is_403_and_names_what_the_route_needs() {
    let verifier = Scripted::new(json!({ "sub": "ali", "scope": "read" }));
    let service = ServiceBuilder::new()
        .layer(AuthenticateLayer::new(verifier))
        .layer(RequireScope::all(["write", "admin"]).unwrap())
        .service_fn(greet);
    let seen = send(service, request(Some("good"))).await;
    assert_eq!(seen.status, 403);
    assert_eq!(
        seen.header("www-authenticate"),
        Some(
            r#"Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a scope", scope="write admin""#
        )
    );
    assert_eq!(seen.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn an_unreachable_issuer_is_503_with_retry_after_and_no_challenge() {
    let seen = refused(Some("issuer_unreachable")).await;
    assert_eq!(seen.status, 503);
    assert_eq!(seen.header("www-authenticate"), None);
    assert_eq!(seen.header("retry-after"), Some("1"));
    assert_eq!(seen.header("cache-control"), Some("no-store"));
    assert_eq!(
        seen.body,
        r#"{"error":"temporarily_unavailable","error_description":"The access token cannot be verified at the moment"}"#
    );
}

#[tokio::test]
async fn our_own_mistake_is_500_without_challenge_or_retry_after() {
    let seen = refused(Some("client_credentials_refused")).await;
    assert_eq!(seen.status, 500);
    assert_eq!(seen.header("www-authenticate"), None);
    assert_eq!(seen.header("retry-after"), None);
    assert_eq!(seen.header("cache-control"), Some("no-store"));
    assert_eq!(
        seen.body,
        r#"{"error":"server_error","error_description":"The service is not configured correctly"}"#
    );
}

#[tokio::test]
async fn the_name_of_the_protection_space_is_quoted() {
    let layer = AuthenticateLayer::new(Scripted::plain())
        .realm(r#"a"b\c"#)
        .unwrap();
    let seen = send(layer.layer(service_fn(greet)), request(None)).await;
    assert_eq!(
        seen.header("www-authenticate"),
        Some(r#"Bearer realm="a\"b\\c""#)
    );
}

#[test]
fn a_name_that_cannot_stand_in_a_header_is_refused_when_the_layer_is_built() {
    for name in ["", "a\r\nSet-Cookie: x", "a\0", "é"] {
        let layer = AuthenticateLayer::new(Scripted::plain()).realm(name);
        assert_eq!(layer.err().unwrap().setting(), "realm", "{name:?}");
    }
}

#[tokio::test]
async fn a_renderer_chooses_the_body_but_cannot_drop_status_or_challenge() {
    let layer = AuthenticateLayer::new(Scripted::plain()).render_with(
        |rejection: &Rejection, response: &mut http::Response<Body>| {
            let page = HeaderValue::from_static("text/html");
            response.headers_mut().clear();
            response.headers_mut().insert(header::CONTENT_TYPE, page);
            *response.status_mut() = http::StatusCode::OK;
            *response.body_mut() = Body::from(format!("<h1>{}</h1>", rejection.description()));
        },
    );
    let seen = send(layer.layer(service_fn(greet)), request(Some("expired"))).await;
    assert_eq!(seen.status, 401);
    assert_eq!(seen.body, "<h1>The access token expired</h1>");
    assert_eq!(seen.header("content-type"), Some("text/html"));
    assert_eq!(seen.header("cache-control"), Some("no-store"));
    assert!(
        seen.header("www-authenticate")
            .unwrap()
            .contains("invalid_token")
    );
}

#[tokio::test]
async fn a_layer_may_leave_the_body_empty() {
    let layer =
        AuthenticateLayer::from_authenticator(Authenticator::new(Scripted::plain()), EmptyBody);
    let seen = send(layer.layer(service_fn(greet)), request(None)).await;
    assert_eq!(seen.status, 401);
    assert_eq!(seen.body, "");
    assert_eq!(seen.header("content-type"), None);
    assert!(seen.header("www-authenticate").is_some());
}
