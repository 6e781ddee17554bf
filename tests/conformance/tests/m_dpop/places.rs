//! Where a proof is good.

use axum::{Router, body::Body, routing::get};
use http::Request;
use portcullis::{AuthenticateLayer, Dpop};
use portcullis_conformance::{Reply, World, send};
use portcullis_testing::{SigningAlgorithm, SigningKey};

use crate::{API, Bound, bound_to};

#[tokio::test]
async fn m9_htu_is_the_address_without_query_and_fragment() {
    let bound = Bound::start().await;
    for htu in ["/orders", "/orders?y=2#f", "/orders#f", "/orders?"] {
        let proof = bound
            .proof()
            .claim("htu", format!("{API}{htu}"))
            .claim("jti", htu);
        let request = Request::get("/orders?x=1")
            .header("authorization", format!("DPoP {}", bound.token))
            .header("dpop", proof.jwt())
            .body(Body::empty())
            .unwrap();
        assert_eq!(send(&bound.router, request).await.status, 200, "{htu}");
    }
    for htu in [
        "https://api.example.com/other",
        "https://api.example.com/orders/",
        "https://api.example.com/orders/1",
        "https://api.example.com/",
        "https://evil.example/orders",
        "http://api.example.com/orders",
        "https://api.example.com:8443/orders",
        "https://api.example.com@evil.example/orders",
        "/orders",
        "",
        "orders",
    ] {
        bound
            .refuses_proof(bound.proof().claim("htu", htu), htu)
            .await;
    }
}

#[tokio::test]
async fn m10_addresses_are_compared_normalized() {
    let bound = Bound::start().await;
    for htu in [
        "HTTPS://API.example.com:443/a/../%6frders",
        "https://api.example.com/./orders",
        "https://api.example.com/%6Frders",
    ] {
        let proof = bound.proof().claim("htu", htu).claim("jti", htu);
        bound.accepts(proof, htu).await;
    }
    for htu in [
        "https://api.example.com/Orders",
        "https://api.example.com/orders%2F",
        "https://api.example.com/a%2F../orders",
        "https://api.example.com\\orders",
        "https://api.example.com/ord\ters",
    ] {
        bound
            .refuses_proof(bound.proof().claim("htu", htu), htu)
            .await;
    }
}

/// A router takes `/other/../orders` for something below `/other`, whatever the standard says.
#[tokio::test]
async fn m10_a_request_that_takes_another_way_is_not_what_was_meant() {
    let below = |layer: AuthenticateLayer, dpop: Dpop| {
        let router = Router::new().route("/other/{*rest}", get(|| async {}));
        router.layer(layer.dpop(dpop))
    };
    let htu = "https://api.example.com/orders";
    for path in ["/other/../orders", "/other/%2e%2E/orders"] {
        let reply = at(below, Dpop::at(API).unwrap(), path, htu).await;
        assert_eq!(reply.status, 401, "{path}");
    }
}

#[tokio::test]
async fn m11_the_address_is_the_configured_one() {
    let bound = Bound::start().await;
    let ask = |htu: &str, jti: &str| {
        let proof = bound.proof().claim("htu", htu).claim("jti", jti).jwt();
        Request::get("/orders")
            .header("authorization", format!("DPoP {}", bound.token))
            .header("dpop", proof)
            .header("host", "evil.example")
            .header("x-forwarded-host", "evil.example")
            .header("x-forwarded-proto", "http")
            .header("forwarded", "host=evil.example;proto=http")
            .body(Body::empty())
            .unwrap()
    };
    let own = format!("{API}/orders");
    assert_eq!(send(&bound.router, ask(&own, "a")).await.status, 200);
    let evil = send(&bound.router, ask("https://evil.example/orders", "b")).await;
    assert_eq!(evil.status, 401);
    // HTTP/2 has the host in the target.
    let mut request = ask(&own, "c");
    *request.uri_mut() = "https://evil.example/orders".parse().unwrap();
    *request.version_mut() = http::Version::HTTP_2;
    assert_eq!(send(&bound.router, request).await.status, 200);
}

/// Services whose inner path is not the one that clients see.
async fn at(
    service: impl FnOnce(AuthenticateLayer, Dpop) -> Router,
    dpop: Dpop,
    path: &str,
    htu: &str,
) -> Reply {
    let world = World::start().await;
    let issuer = world.realm().connect().await.unwrap();
    let key = SigningKey::generate(SigningAlgorithm::ES256);
    let token = bound_to(&world, &key);
    let proof = world.server.dpop_proof(&key, "GET", htu).token(&token);
    let request = Request::get(path)
        .header("authorization", format!("DPoP {token}"))
        .header("dpop", proof.jwt())
        .body(Body::empty())
        .unwrap();
    let router = service(AuthenticateLayer::new(issuer.jwt()), dpop);
    send(&router, request).await
}

fn nested(layer: AuthenticateLayer, dpop: Dpop) -> Router {
    let inner = Router::new().route("/orders", get(|| async {}));
    Router::new().nest("/shop", inner.layer(layer.dpop(dpop)))
}

fn flat(layer: AuthenticateLayer, dpop: Dpop) -> Router {
    let router = Router::new().route("/orders", get(|| async {}));
    router.layer(layer.dpop(dpop))
}

#[tokio::test]
async fn y56_htu_holds_behind_a_nested_router() {
    let htu = "https://api.example.com/shop/orders";
    let dpop = Dpop::at(API)
        .unwrap()
        .request_uri(portcullis_axum::original_uri);
    assert_eq!(at(nested, dpop, "/shop/orders", htu).await.status, 200);
    // Without it the layer sees a path that no client knows, and refuses.
    let dpop = Dpop::at(API).unwrap();
    assert_eq!(at(nested, dpop, "/shop/orders", htu).await.status, 401);
}

#[tokio::test]
async fn y56_htu_holds_behind_a_proxy_that_takes_a_path_away() {
    let htu = "https://example.com/api/orders";
    let dpop = || Dpop::at("https://example.com/api").unwrap();
    assert_eq!(at(flat, dpop(), "/orders", htu).await.status, 200);
    let elsewhere = "https://example.com/orders";
    assert_eq!(at(flat, dpop(), "/orders", elsewhere).await.status, 401);
    let several = dpop().or_at(API).unwrap();
    let direct = "https://api.example.com/orders";
    assert_eq!(at(flat, several, "/orders", direct).await.status, 200);
}
