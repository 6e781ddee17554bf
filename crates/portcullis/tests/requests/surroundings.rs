//! The layer among others: what it lets through, hides and leaves alone.

use std::convert::Infallible;

use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use portcullis::{
    AccessToken, AuthenticateLayer, Authenticator, Credentials, Outcome, RequestView, VerifiedToken,
};
use serde_json::json;
use std::sync::Arc;
use tower::{Layer, ServiceBuilder, service_fn};

use crate::support::{Body, Scripted, greet, request, send};

/// A handler that says whose token it was given.
async fn whose<B>(request: Request<B>) -> Result<Response<Body>, Infallible> {
    let who = match VerifiedToken::of(request.extensions()) {
        Ok(token) => {
            let claims = token.facts();
            claims
                .registered()
                .sub
                .as_deref()
                .unwrap_or_default()
                .to_owned()
        }
        Err(rejection) => rejection.reason().code().to_owned(),
    };
    Ok(Response::new(Body::from(who)))
}

/// A handler that says what it sees of the `Authorization` header.
async fn show_header<B>(request: Request<B>) -> Result<Response<Body>, Infallible> {
    let values: Vec<_> = request
        .headers()
        .get_all(header::AUTHORIZATION)
        .iter()
        .collect();
    Ok(Response::new(Body::from(format!("{values:?}"))))
}

#[tokio::test]
async fn a_good_token_is_with_the_request() {
    let service = AuthenticateLayer::new(Scripted::plain()).layer(service_fn(whose));
    let seen = send(service, request(Some("good"))).await;
    assert_eq!((seen.status.as_u16(), seen.body.as_str()), (200, "ali"));
    assert!(
        seen.headers.is_empty(),
        "a successful answer is not altered"
    );
}

#[tokio::test]
async fn where_the_token_is_optional_only_a_missing_one_is_let_through() {
    let layer = AuthenticateLayer::optional(Scripted::plain());
    let service = layer.layer(service_fn(whose));
    let seen = send(service.clone(), request(None)).await;
    assert_eq!(
        (seen.status.as_u16(), seen.body.as_str()),
        (200, "missing_token")
    );
    assert_eq!(
        send(service.clone(), request(Some("good"))).await.body,
        "ali"
    );
    assert_eq!(
        send(service.clone(), request(Some("expired"))).await.status,
        401
    );
    assert_eq!(
        send(service.clone(), request(Some("issuer_unreachable")))
            .await
            .status,
        503
    );
    assert_eq!(
        send(service, request(Some("a, Bearer b"))).await.status,
        400
    );
}

#[tokio::test]
async fn a_401_or_403_of_the_handlers_own_passes_untouched() {
    for status in [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN] {
        let service = AuthenticateLayer::new(Scripted::plain()).layer(service_fn(
            move |_: Request<Body>| async move {
                let mut response = Response::new(Body::from("mine"));
                *response.status_mut() = status;
                Ok::<_, Infallible>(response)
            },
        ));
        let seen = send(service, request(Some("good"))).await;
        assert_eq!((seen.status, seen.body.as_str()), (status, "mine"));
        assert!(seen.headers.is_empty());
    }
}

#[tokio::test]
async fn an_inner_layer_replaces_the_token_of_an_outer_one() {
    let service = ServiceBuilder::new()
        .layer(AuthenticateLayer::new(Scripted::plain()))
        .layer(AuthenticateLayer::new(Scripted::new(
            json!({ "sub": "zoe" }),
        )))
        .service_fn(whose);
    assert_eq!(send(service, request(Some("good"))).await.body, "zoe");
}

#[tokio::test]
async fn an_inner_layer_that_finds_no_token_removes_that_of_an_outer_one() {
    let nowhere = |_: RequestView<'_>| Ok(None);
    let service = ServiceBuilder::new()
        .layer(AuthenticateLayer::new(Scripted::plain()))
        .layer(AuthenticateLayer::optional(Scripted::plain()).extractor(nowhere))
        .service_fn(whose);
    assert_eq!(
        send(service, request(Some("good"))).await.body,
        "missing_token"
    );
}

#[tokio::test]
async fn the_header_is_sensitive_behind_the_layer() {
    let service = AuthenticateLayer::new(Scripted::plain()).layer(service_fn(show_header));
    assert_eq!(
        send(service, request(Some("good"))).await.body,
        "[Sensitive]"
    );
}

#[tokio::test]
async fn every_authorization_header_is_sensitive_also_for_a_token_from_elsewhere() {
    let in_a_cookie =
        |_: RequestView<'_>| Ok(AccessToken::new("good").ok().map(Credentials::bearer));
    let layer = AuthenticateLayer::new(Scripted::plain()).extractor(in_a_cookie);
    let mut request = request(Some("one"));
    let second = HeaderValue::from_static("Basic secret");
    request.headers_mut().append(header::AUTHORIZATION, second);
    let seen = send(layer.layer(service_fn(show_header)), request).await;
    assert_eq!(seen.body, "[Sensitive, Sensitive]");
}

#[tokio::test]
async fn a_stripped_token_does_not_reach_the_handler() {
    let layer = AuthenticateLayer::new(Scripted::plain()).strip_token();
    let seen = send(layer.layer(service_fn(show_header)), request(Some("good"))).await;
    assert_eq!(seen.body, "[]");
}

#[tokio::test]
async fn a_preflight_passes_only_where_it_may_and_only_if_it_is_one() {
    let preflight = |method: Method, names: &[&str]| {
        let mut request = request(None);
        *request.method_mut() = method;
        for name in names {
            let name = http::HeaderName::from_bytes(name.as_bytes()).unwrap();
            request
                .headers_mut()
                .insert(name, HeaderValue::from_static("x"));
        }
        request
    };
    let both = ["origin", "access-control-request-method"];
    let strict = AuthenticateLayer::new(Scripted::plain()).layer(service_fn(whose));
    let seen = send(strict, preflight(Method::OPTIONS, &both)).await;
    assert_eq!(seen.status, 401);

    let layer = AuthenticateLayer::new(Scripted::plain()).allow_preflight();
    let service = layer.layer(service_fn(whose));
    let seen = send(service.clone(), preflight(Method::OPTIONS, &both)).await;
    assert_eq!(
        (seen.status.as_u16(), seen.body.as_str()),
        (200, "missing_token")
    );
    for (method, names) in [
        (Method::GET, &both[..]),
        (Method::OPTIONS, &both[..1]),
        (Method::OPTIONS, &both[1..]),
    ] {
        let seen = send(service.clone(), preflight(method.clone(), names)).await;
        assert_eq!(seen.status, 401, "{method} {names:?}");
    }
}

/// Not an HTTP body at all: there is no way to poll it.
#[derive(Debug, Default)]
struct Unreadable;

#[tokio::test]
async fn the_body_of_a_request_is_never_read() {
    let service = AuthenticateLayer::new(Scripted::plain()).layer(service_fn(greet::<Unreadable>));
    for (token, status) in [(None, 401), (Some("expired"), 401), (Some("good"), 200)] {
        let request = request(token).map(|_| Unreadable);
        assert_eq!(send(service.clone(), request).await.status, status);
    }
}

#[tokio::test]
async fn an_authenticator_does_the_same_without_a_service() {
    let authenticator = Arc::new(Authenticator::new(Scripted::plain()));
    let token = authenticator
        .authenticate((&request(Some("good"))).into())
        .await;
    assert_eq!(
        token.unwrap().unwrap().facts().registered().sub.as_deref(),
        Some("ali")
    );
    let refused = authenticator.authenticate((&request(None)).into()).await;
    assert_eq!(refused.unwrap_err().status(), 401);
    let outcome = authenticator.begin((&request(Some("good"))).into());
    assert!(matches!(outcome, Outcome::Verified(_)), "{outcome:?}");
}
