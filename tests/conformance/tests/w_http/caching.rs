//! What caches are told.

use axum::{Router, body::Body, routing::get};
use http::{HeaderMap, Method, Response, StatusCode, header};
use portcullis::{AuthenticateLayer, Reason, Rejection};
use portcullis_conformance::{ListeningVerifier, send};

use crate::support::{authenticated, joined, layer, request};

#[tokio::test]
async fn w1_rejections_are_not_stored() {
    let mut statuses = Vec::new();
    for reason in Reason::ALL.iter().copied() {
        let verifier = ListeningVerifier::refusing(Rejection::new(reason));
        let router = Router::new()
            .route("/", get(|| async {}))
            .layer(AuthenticateLayer::new(verifier));
        let reply = send(&router, authenticated(&[])).await;
        assert_eq!(
            joined(&reply, header::CACHE_CONTROL),
            "no-store",
            "{reason:?}"
        );
        statuses.push(reply.status.as_u16());
    }
    for status in [400, 401, 403, 500, 503] {
        assert!(statuses.contains(&status), "{status} was not seen");
    }
}

#[tokio::test]
async fn w1_a_rejection_of_a_guard_replaces_what_a_layer_between_has_said() {
    let says_public = axum::middleware::map_response(|mut response: Response<Body>| async {
        let public = header::HeaderValue::from_static("public, max-age=3600");
        response.headers_mut().insert(header::CACHE_CONTROL, public);
        response
    });
    let guard = portcullis::RequireScope::all(["write"]).unwrap();
    let router = Router::new()
        .route("/", get(|| async {}))
        .route_layer(guard)
        .layer(says_public)
        .layer(layer());
    let reply = send(&router, authenticated(&[])).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    assert_eq!(joined(&reply, header::CACHE_CONTROL), "no-store");
}

/// A handler's answer with everything that a cache reads.
fn cacheable(status: StatusCode) -> Response<Body> {
    Response::builder()
        .status(status)
        .header(header::CACHE_CONTROL, "max-age=60")
        .header(header::ETAG, "\"v1\"")
        .header(header::VARY, "accept-encoding")
        .header(header::EXPIRES, "0")
        .header(header::RETRY_AFTER, "3")
        .body(Body::from("cached?"))
        .unwrap()
}

#[tokio::test]
async fn w2_successful_responses_are_left_alone() {
    for status in [200, 204, 206, 301, 304, 404] {
        let status = StatusCode::from_u16(status).unwrap();
        let answering = get(move || async move { cacheable(status) });
        let silent = get(move || async move { status });
        let bare = Router::new().route("/", answering).route("/silent", silent);
        let layered = bare.clone().layer(layer());
        for target in ["/", "/silent"] {
            let asked = |router: Router| async move {
                let token = [("authorization", "Bearer a-token")];
                send(&router, request(Method::GET, target, &token)).await
            };
            let (own, passed) = (asked(bare.clone()).await, asked(layered.clone()).await);
            assert_eq!(passed.status, status);
            assert_eq!(passed.headers, own.headers, "{status} {target}");
            assert_eq!(passed.body, own.body, "{status} {target}");
        }
    }
}

#[tokio::test]
async fn w3_vary_is_appended_where_it_is_asked_for() {
    for (own, expected) in [
        (None, "authorization"),
        (Some("accept-encoding"), "accept-encoding, authorization"),
        (Some("Origin, Accept"), "Origin, Accept, authorization"),
        (Some("Accept, Authorization"), "Accept, Authorization"),
        (Some("authorization-x"), "authorization-x, authorization"),
        (Some("*"), "*"),
    ] {
        let handler = get(move || async move {
            let mut headers = HeaderMap::new();
            if let Some(own) = own {
                headers.insert(header::VARY, own.parse().unwrap());
            }
            headers
        });
        let bare = Router::new().route("/", handler);
        let varying = bare.clone().layer(layer().vary());
        let reply = send(&varying, authenticated(&[])).await;
        assert_eq!(reply.status, StatusCode::OK);
        assert_eq!(joined(&reply, header::VARY), expected);

        let plain = bare.layer(layer());
        let reply = send(&plain, authenticated(&[])).await;
        assert_eq!(joined(&reply, header::VARY), own.unwrap_or_default());
    }
}

#[tokio::test]
async fn w3_a_rejection_varies_too() {
    let router = Router::new().route("/", get(|| async {}));
    let anonymous = || request(Method::GET, "/", &[]);
    let reply = send(&router.clone().layer(layer().vary()), anonymous()).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert_eq!(joined(&reply, header::VARY), "authorization");
    let reply = send(&router.layer(layer()), anonymous()).await;
    assert!(!reply.headers.contains_key(header::VARY));
}

#[tokio::test]
async fn w4_there_is_no_304_before_authentication() {
    let conditional = get(|headers: HeaderMap| async move {
        let is_known = headers.contains_key(header::IF_NONE_MATCH)
            || headers.contains_key(header::IF_MODIFIED_SINCE);
        let status = if is_known { 304 } else { 200 };
        cacheable(StatusCode::from_u16(status).unwrap())
    });
    let router = Router::new().route("/", conditional).layer(layer());
    for condition in [
        ("if-none-match", "\"v1\""),
        ("if-none-match", "*"),
        ("if-modified-since", "Tue, 14 Nov 2023 22:13:20 GMT"),
    ] {
        let reply = send(&router, request(Method::GET, "/", &[condition])).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{condition:?}");
        assert!(!reply.headers.contains_key(header::ETAG), "{condition:?}");
        let reply = send(&router, authenticated(&[condition])).await;
        assert_eq!(reply.status, StatusCode::NOT_MODIFIED, "{condition:?}");
    }
}
