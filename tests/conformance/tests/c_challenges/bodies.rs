//! The body and the headers around it.

use std::time::Duration;

use axum::{Router, body::Body, routing::get};
use http::{HeaderValue, Request, Response, StatusCode, header};
use portcullis::{AuthenticateLayer, Reason, Rejection};
use portcullis_conformance::{
    ListeningVerifier, Reply, World, get as get_with, post_active, protected, send,
};
use portcullis_testing::{Endpoint, Fault};
use serde_json::json;

use crate::support::{alice, granting, refused_for, refused_with};

#[tokio::test]
async fn c14_the_body_is_json_and_is_not_stored() {
    for (reason, error) in [
        (Reason::MalformedCredentials, "invalid_request"),
        (Reason::Expired, "invalid_token"),
        (Reason::BadSignature, "invalid_token"),
        (Reason::MissingScope, "insufficient_scope"),
        (Reason::MissingRole, "insufficient_scope"),
        (Reason::IssuerTimeout, "temporarily_unavailable"),
        (Reason::Internal, "server_error"),
    ] {
        let reply = refused_for(reason).await;
        assert_eq!(reply.headers[header::CONTENT_TYPE], "application/json");
        assert_eq!(reply.headers[header::CACHE_CONTROL], "no-store");
        let expected = json!({
            "error": error,
            "error_description": Rejection::new(reason).description(),
        });
        assert_eq!(reply.json(), expected, "{reason:?}");
        if let Some(challenge) = reply.challenge() {
            for name in ["error", "error_description"] {
                let told = reply.json()[name].as_str().map(str::to_owned);
                assert_eq!(challenge.parameter(name), told.as_deref(), "{reason:?}");
            }
        }
    }
}

/// The answer of an API that renders its rejections with this closure.
async fn rendered(
    reason: Reason,
    renderer: impl Fn(&Rejection, &mut Response<Body>) + Clone + Send + Sync + 'static,
) -> Reply {
    let verifier = ListeningVerifier::refusing(Rejection::new(reason));
    let layer = AuthenticateLayer::new(verifier).render_with(renderer);
    let router = Router::new().route("/", get(|| async {})).layer(layer);
    get_with(&router, "a-token").await
}

#[tokio::test]
async fn c14_a_renderer_may_replace_the_body() {
    let reply = rendered(Reason::Expired, |rejection, response| {
        *response.body_mut() = Body::from(format!("<p>{}</p>", rejection.description()));
        let html = HeaderValue::from_static("text/html");
        response.headers_mut().insert(header::CONTENT_TYPE, html);
    });
    let reply = reply.await;
    reply.assert_invalid_token();
    assert_eq!(reply.body, "<p>The access token expired</p>");
    assert_eq!(reply.headers[header::CONTENT_TYPE], "text/html");
}

#[tokio::test]
async fn c14_a_renderer_cannot_drop_what_the_protocol_needs() {
    for reason in Reason::ALL.iter().copied() {
        let reply = rendered(reason, |_, response| {
            *response.status_mut() = StatusCode::OK;
            let anyone = HeaderValue::from_static("public, max-age=60");
            response.headers_mut().clear();
            response.headers_mut().insert(header::CACHE_CONTROL, anyone);
            let basic = HeaderValue::from_static("Basic realm=\"x\"");
            response
                .headers_mut()
                .append(header::WWW_AUTHENTICATE, basic);
            let never = HeaderValue::from_static("never");
            response.headers_mut().append(header::RETRY_AFTER, never);
        });
        let (reply, plain) = (reply.await, refused_for(reason).await);
        assert_eq!(reply.status, plain.status, "{reason:?}");
        for name in [
            header::WWW_AUTHENTICATE,
            header::CACHE_CONTROL,
            header::RETRY_AFTER,
        ] {
            let values = |reply: &Reply| -> Vec<_> {
                reply.headers.get_all(&name).iter().cloned().collect()
            };
            assert_eq!(values(&reply), values(&plain), "{reason:?}: {name}");
        }
    }
}

#[tokio::test]
async fn c15_retry_after_is_a_whole_number_of_seconds() {
    for (wait, told) in [
        (Duration::ZERO, 1),
        (Duration::from_millis(1500), 1),
        (Duration::from_secs(7), 7),
        (Duration::from_secs(86_400), 60),
        (Duration::MAX, 60),
    ] {
        let rejection = Rejection::new(Reason::IssuerFailed).with_retry_after(wait);
        let reply = refused_with(rejection).await;
        assert_eq!(reply.retry_after(), Some(told), "{wait:?}");
    }
}

#[tokio::test]
async fn c15_the_wait_of_the_server_is_passed_on_as_seconds() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().hybrid());
    for (theirs, ours) in [
        (Some("7"), 7),
        (Some("0"), 1),
        (Some("86400"), 60),
        (Some("99999999999999999999"), 1),
        (Some("-5"), 1),
        (Some("soon"), 1),
        (Some("1.5"), 1),
        (Some("Tue, 14 Nov 2023 22:13:40 GMT"), 20),
        (Some("Tue, 14 Nov 2023 22:13:00 GMT"), 1),
        (None, 1),
    ] {
        let mut fault = Fault::status(503).times(1);
        if let Some(theirs) = theirs {
            fault = fault.header("retry-after", theirs);
        }
        world.server.inject(Endpoint::Introspection, fault);
        let token = world.server.token().jwt();
        let reply = post_active(&router, &token).await;
        reply.assert_unavailable();
        assert_eq!(reply.retry_after(), Some(ours), "{theirs:?}");
    }
    let token = world.server.token().jwt();
    assert_eq!(post_active(&router, &token).await.status, StatusCode::OK);
}

/// Answers of a handler that look like the layer's.
fn own_answer(status: StatusCode) -> Response<Body> {
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "text/plain")
        .header(header::CACHE_CONTROL, "private")
        .header(header::WWW_AUTHENTICATE, "Own realm=\"mine\"")
        .header("x-own", "1")
        .body(Body::from("mine"))
        .unwrap()
}

#[tokio::test]
async fn c16_an_answer_of_the_handler_passes_untouched() {
    for status in [400, 401, 403, 407, 500, 503] {
        let status = StatusCode::from_u16(status).unwrap();
        let bare = Router::new().route("/", get(move || async move { own_answer(status) }));
        let request = || Request::get("/").header(header::AUTHORIZATION, "Bearer a");
        let expected = send(&bare, request().body(Body::empty()).unwrap()).await;
        let layered = bare.layer(granting(&alice()));
        let reply = send(&layered, request().body(Body::empty()).unwrap()).await;
        assert_eq!(reply.status, status);
        assert_eq!(reply.body, "mine");
        assert_eq!(reply.headers, expected.headers, "{status}");
    }
}
