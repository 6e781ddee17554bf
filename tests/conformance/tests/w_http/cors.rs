//! Browsers on other origins.

use axum::{Router, routing::get};
use http::{Method, StatusCode, header};
use portcullis::RequireScope;
use portcullis_conformance::{Reply, send};
use tower_http::cors::{Any, CorsLayer};

use crate::support::{joined, layer, request};

const ORIGIN: (&str, &str) = ("origin", "https://shop.example");
const ASKS_FOR_GET: (&str, &str) = ("access-control-request-method", "GET");
const TOKEN: (&str, &str) = ("authorization", "Bearer a-token");

fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_headers([header::AUTHORIZATION])
        .expose_headers([header::WWW_AUTHENTICATE])
}

/// `GET /`, and an `OPTIONS /` that answers for itself.
fn routes() -> Router {
    Router::new().route("/", get(|| async {}).options(|| async { "options" }))
}

#[tokio::test]
async fn w5_with_cors_outside_a_preflight_is_answered_there() {
    let router = routes().layer(layer()).layer(cors());
    let preflight = request(Method::OPTIONS, "/", &[ORIGIN, ASKS_FOR_GET]);
    let reply = send(&router, preflight).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(reply.body.is_empty(), "the inner service was not asked");
    let allowed = &reply.headers[header::ACCESS_CONTROL_ALLOW_HEADERS];
    assert_eq!(allowed, "authorization");

    let reply = send(&router, request(Method::GET, "/", &[ORIGIN])).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn w5_with_cors_inside_a_preflight_passes_only_where_that_is_allowed() {
    let preflight = || request(Method::OPTIONS, "/", &[ORIGIN, ASKS_FOR_GET]);
    let allowing = routes().layer(cors()).layer(layer().allow_preflight());
    let reply = send(&allowing, preflight()).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(
        reply
            .headers
            .contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN)
    );

    let insisting = routes().layer(cors()).layer(layer());
    let reply = send(&insisting, preflight()).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn w5_a_preflight_passes_as_anonymous() {
    let guarded = routes()
        .route_layer(RequireScope::all(["read"]).unwrap())
        .layer(layer().allow_preflight());
    let with_token = [ORIGIN, ASKS_FOR_GET, TOKEN];
    let reply = send(&guarded, request(Method::OPTIONS, "/", &with_token)).await;
    assert_eq!(
        reply.status,
        StatusCode::UNAUTHORIZED,
        "a guard still holds"
    );
    let reply = send(&guarded, request(Method::OPTIONS, "/", &[TOKEN])).await;
    assert_eq!(
        reply.status,
        StatusCode::OK,
        "as no preflight it has a token"
    );
}

/// An API with every kind of rejection, below CORS.
fn api_with_cors() -> Router {
    Router::new()
        .route("/", get(|| async {}))
        .route(
            "/guarded",
            get(|| async {}).layer(RequireScope::all(["write"]).unwrap()),
        )
        .layer(layer())
        .layer(cors())
}

fn assert_readable(reply: &Reply, case: &str) {
    let allowed = joined(reply, header::ACCESS_CONTROL_ALLOW_ORIGIN);
    assert_eq!(allowed, "*", "{case}");
    let exposed = joined(reply, header::ACCESS_CONTROL_EXPOSE_HEADERS);
    assert_eq!(exposed, "www-authenticate", "{case}");
    assert!(reply.challenge().is_some(), "{case}");
}

#[tokio::test]
async fn w6_rejections_keep_their_cors_headers() {
    let malformed = ("authorization", "Bearer");
    let bad = ("authorization", "Bearer a$b");
    for (target, headers, status) in [
        ("/", vec![ORIGIN], 401),
        ("/", vec![ORIGIN, malformed], 400),
        ("/", vec![ORIGIN, bad], 401),
        ("/guarded", vec![ORIGIN, TOKEN], 403),
    ] {
        let request = request(Method::GET, target, &headers);
        let reply = send(&api_with_cors(), request).await;
        assert_eq!(reply.status, status, "{target} {headers:?}");
        assert_readable(&reply, target);
    }
}

#[tokio::test]
async fn w6_with_cors_inside_a_guards_rejection_keeps_its_cors_headers_too() {
    let router = Router::new()
        .route("/", get(|| async {}))
        .route_layer(RequireScope::all(["write"]).unwrap())
        .layer(cors())
        .layer(layer());
    let reply = send(&router, request(Method::GET, "/", &[ORIGIN, TOKEN])).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    assert_readable(&reply, "guard");
}

#[tokio::test]
async fn w7_what_only_looks_like_a_preflight_is_authenticated() {
    let router = routes()
        .route("/any", axum::routing::any(|| async {}))
        .layer(layer().allow_preflight());
    for (method, target, headers) in [
        (Method::OPTIONS, "/", vec![]),
        (Method::OPTIONS, "/", vec![ORIGIN]),
        (Method::OPTIONS, "/", vec![ASKS_FOR_GET]),
        (
            Method::OPTIONS,
            "/",
            vec![ORIGIN, ("access-control-request-headers", "x")],
        ),
        (Method::GET, "/", vec![ORIGIN, ASKS_FOR_GET]),
        (Method::HEAD, "/", vec![ORIGIN, ASKS_FOR_GET]),
        (Method::POST, "/any", vec![ORIGIN, ASKS_FOR_GET]),
        (
            Method::from_bytes(b"options").unwrap(),
            "/any",
            vec![ORIGIN, ASKS_FOR_GET],
        ),
        (
            Method::POST,
            "/any",
            vec![ORIGIN, ASKS_FOR_GET, ("x-http-method-override", "OPTIONS")],
        ),
    ] {
        let case = format!("{method} {target} {headers:?}");
        let reply = send(&router, request(method.clone(), target, &headers)).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{case}");
        let with_token = [headers, vec![TOKEN]].concat();
        let reply = send(&router, request(method, target, &with_token)).await;
        assert_eq!(reply.status, StatusCode::OK, "{case} with a token");
    }
    let preflight = request(Method::OPTIONS, "/", &[ORIGIN, ASKS_FOR_GET]);
    let reply = send(&router, preflight).await;
    assert_eq!(reply.body, "options", "a true one passes");
}
