//! What a client is told.

use axum::body::Body;
use http::{HeaderMap, HeaderName, HeaderValue, Request, header};
use portcullis::{AuthenticateLayer, Dpop, NonceKeys};
use portcullis_conformance::{World, challenges, protected, send};
use tower_http::cors::{Any, CorsLayer};

use crate::{API, Bound, ask, errors};

fn with(values: &[&str]) -> Request<Body> {
    let mut request = Request::get("/orders");
    for value in values {
        request = request.header("authorization", *value);
    }
    request.body(Body::empty()).unwrap()
}

fn algorithms(headers: &HeaderMap) -> Option<String> {
    challenges(headers)
        .iter()
        .find(|challenge| challenge.scheme == "DPoP")
        .and_then(|challenge| challenge.parameter("algs").map(str::to_owned))
}

#[tokio::test]
async fn m23_who_brings_nothing_learns_of_both_schemes() {
    let bound = Bound::start().await;
    let reply = send(&bound.router, with(&[])).await;
    let nothing = [("Bearer".to_owned(), None), ("DPoP".to_owned(), None)];
    assert_eq!(errors(&reply), (401, nothing.into()));
    let algs = algorithms(&reply.headers);
    assert_eq!(algs.as_deref(), Some("ES256 EdDSA Ed25519 PS256"));
}

#[tokio::test]
async fn m23_the_scheme_is_whatever_case() {
    let bound = Bound::start().await;
    for (number, scheme) in ["dPoP", "DPOP", "dpop"].into_iter().enumerate() {
        let proof = bound.proof().claim("jti", format!("{number}")).jwt();
        let mut request = ask(&bound.token, &[&proof]);
        let value = format!("{scheme} {}", bound.token).parse().unwrap();
        request.headers_mut().insert("authorization", value);
        assert_eq!(send(&bound.router, request).await.status, 200, "{scheme}");
    }
}

#[tokio::test]
async fn b11_both_schemes_at_once_are_no_request() {
    let bound = Bound::start().await;
    let (bearer, dpop) = (
        format!("Bearer {}", bound.token),
        format!("DPoP {}", bound.token),
    );
    for values in [[&*bearer, &*dpop], [&*dpop, &*bearer], [&*dpop, &*dpop]] {
        let reply = send(&bound.router, with(&values)).await;
        let error = Some("invalid_request".to_owned());
        let both = vec![
            ("Bearer".to_owned(), error.clone()),
            ("DPoP".to_owned(), error),
        ];
        assert_eq!(errors(&reply), (400, both));
        assert!(algorithms(&reply.headers).is_some());
    }
    let joined = format!("{dpop}, {bearer}");
    assert_eq!(send(&bound.router, with(&[&joined])).await.status, 400);
}

#[tokio::test]
async fn c12_the_error_stands_with_the_scheme_that_was_tried() {
    let bound = Bound::start().await;
    let reply = send(&bound.router, with(&["Bearer a.b.c"])).await;
    let tried = vec![
        ("Bearer".to_owned(), Some("invalid_token".to_owned())),
        ("DPoP".to_owned(), None),
    ];
    assert_eq!(errors(&reply), (401, tried));
    assert!(algorithms(&reply.headers).is_some());
    for credentials in ["DPoP a b", "DPoP é"] {
        let reply = send(&bound.router, with(&[credentials])).await;
        let tried = vec![
            ("Bearer".to_owned(), None),
            ("DPoP".to_owned(), Some("invalid_token".to_owned())),
        ];
        assert_eq!(errors(&reply), (401, tried), "{credentials}");
        assert!(algorithms(&reply.headers).is_some());
    }
}

#[tokio::test]
async fn c12_where_no_proof_is_judged_dpop_is_no_scheme() {
    let world = World::start().await;
    let router = protected(world.realm().connect().await.unwrap().jwt());
    let request = Request::get("/")
        .header("authorization", "DPoP a b")
        .body(Body::empty())
        .unwrap();
    let reply = send(&router, request).await;
    assert_eq!(errors(&reply), (401, vec![("Bearer".to_owned(), None)]));
}

#[tokio::test]
async fn m28_a_browser_may_read_what_it_is_told() {
    let keys = NonceKeys::of_this_process().unwrap();
    let bound = Bound::with(|dpop| dpop.nonces(&keys)).await;
    let nonce = HeaderName::from_static("dpop-nonce");
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .expose_headers([header::WWW_AUTHENTICATE, nonce]);
    let router = bound.router.clone().layer(cors);
    let mut request = ask(&bound.token, &[&bound.proof().jwt()]);
    let origin = HeaderValue::from_static("https://app.example.com");
    request.headers_mut().insert("origin", origin);
    let reply = send(&router, request).await;
    let exposed = &reply.headers["access-control-expose-headers"];
    assert_eq!(exposed, "www-authenticate,dpop-nonce");
    assert!(reply.headers.contains_key("www-authenticate"));
    assert!(reply.headers.contains_key("dpop-nonce"));
}

#[tokio::test]
async fn m23_grpc_calls_get_the_same_challenges() {
    let world = World::start().await;
    let issuer = world.realm().connect().await.unwrap();
    let router = axum::Router::new()
        .route("/orders", axum::routing::post(|| async {}))
        .layer(
            AuthenticateLayer::new(issuer.jwt())
                .answer_grpc()
                .dpop(Dpop::at(API).unwrap()),
        );
    let request = Request::post("/orders")
        .version(http::Version::HTTP_2)
        .header("content-type", "application/grpc")
        .body(Body::empty())
        .unwrap();
    let reply = send(&router, request).await;
    assert_eq!(reply.headers["grpc-status"], "16");
    assert_eq!(challenges(&reply.headers).len(), 2);
}
