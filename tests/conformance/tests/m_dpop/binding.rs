//! Whose token it is.

use axum::{Router, body::Body, routing::get};
use http::Request;
use portcullis::{AuthenticateLayer, Dpop, Reason, RequireBinding};
use portcullis_conformance::{Reply, World, challenges, protected, send};
use portcullis_testing::{Endpoint, SigningAlgorithm, SigningKey};
use serde_json::{Value, json};

use crate::{API, Bound, ask, bound_to, errors, refused, service};

fn bearer(token: &str, proof: Option<&str>) -> Request<Body> {
    let request = Request::get("/orders").header("authorization", format!("Bearer {token}"));
    let request = match proof {
        Some(proof) => request.header("dpop", proof),
        None => request,
    };
    request.body(Body::empty()).unwrap()
}

/// What a client gets whose attempt under `Bearer` has failed.
fn refused_bearer(reply: &Reply) {
    let (status, schemes) = errors(reply);
    let invalid = Some("invalid_token".to_owned());
    let expected = vec![("Bearer".to_owned(), invalid), ("DPoP".to_owned(), None)];
    assert_eq!((status, schemes), (401, expected), "{reply:?}");
}

#[tokio::test]
async fn m16_the_proof_is_by_the_key_of_the_token() {
    let bound = Bound::start().await;
    let other = SigningKey::generate(SigningAlgorithm::ES256);
    let stolen = bound.proof_by(&other).jwt();
    bound.refuses(stolen, "invalid_token", "another key").await;
    bound.accepts(bound.proof(), "its own").await;
}

#[tokio::test]
async fn m16_the_key_that_introspection_names_counts_too() {
    let world = World::start().await;
    let key = SigningKey::generate(SigningAlgorithm::ES256);
    let other = SigningKey::generate(SigningAlgorithm::ES256);
    let cnf = json!({"cnf": {"jkt": key.thumbprint()}, "token_type": "DPoP"});
    let token = world.server.token().introspects_as(cnf).opaque();
    let issuer = world.asking().build().unwrap();
    let router = service(issuer.introspection(), Dpop::at(API).unwrap());
    let proof = |key: &SigningKey| {
        let url = format!("{API}/orders");
        let proof = world.server.dpop_proof(key, "GET", &url);
        proof.token(&token).jwt()
    };
    let stolen = send(&router, ask(&token, &[&proof(&other)])).await;
    assert_eq!(errors(&stolen), refused("invalid_token"));
    refused_bearer(&send(&router, bearer(&token, None)).await);
    assert_eq!(
        send(&router, ask(&token, &[&proof(&key)])).await.status,
        200
    );
}

#[tokio::test]
async fn m16_nobody_is_asked_about_a_token_with_a_bad_proof() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let router = service(issuer.introspection(), Dpop::at(API).unwrap());
    let token = world.server.token().opaque();
    for proof in ["", "a.b.c"] {
        let reply = send(&router, ask(&token, &[proof])).await;
        assert_eq!(errors(&reply), refused("invalid_dpop_proof"));
    }
    assert_eq!(world.server.request_count(Endpoint::Introspection), 0);
}

#[tokio::test]
async fn m16_a_binding_that_a_live_answer_brings_is_enforced_then() {
    let world = World::start().await;
    let (key, other) = (
        SigningKey::generate(SigningAlgorithm::ES256),
        SigningKey::generate(SigningAlgorithm::ES256),
    );
    let answered = |key: &SigningKey| json!({"cnf": {"jkt": key.thumbprint()}});
    let token = world
        .server
        .token()
        .claim("cnf", answered(&key)["cnf"].clone());
    let token = token.introspects_as(answered(&other)).jwt();
    let issuer = world.asking().connect().await.unwrap();
    let router = protected(issuer.hybrid());
    let plain = world.server.token().introspects_as(answered(&key)).jwt();
    let active = |token: &str| {
        Request::post("/active")
            .header("authorization", format!("Bearer {token}"))
            .body(Body::empty())
            .unwrap()
    };
    let reply = send(&router, active(&plain)).await;
    assert_eq!(reply.status, 401);
    assert_eq!(reply.error().as_deref(), Some("invalid_token"));
    // Two statements that name two keys agree on nobody.
    let dpop = Dpop::at(API).unwrap();
    let guarded = Router::new()
        .route("/orders", get(|| async {}))
        .layer(portcullis::RequireActiveLayer::live())
        .layer(AuthenticateLayer::new(issuer.hybrid()).dpop(dpop));
    let proof = world
        .server
        .dpop_proof(&key, "GET", &format!("{API}/orders"));
    let reply = send(&guarded, ask(&token, &[&proof.token(&token).jwt()])).await;
    assert_eq!(errors(&reply), refused("invalid_token"));
}

#[tokio::test]
async fn m18_a_bound_token_is_no_bearer_token() {
    let bound = Bound::start().await;
    refused_bearer(&send(&bound.router, bearer(&bound.token, None)).await);
    let proof = bound.proof().jwt();
    refused_bearer(&send(&bound.router, bearer(&bound.token, Some(&proof))).await);
    let unbound = bound.world.server.token().jwt();
    let reply = send(&bound.router, bearer(&unbound, None)).await;
    assert_eq!(reply.status, 200);
}

#[tokio::test]
async fn m19_the_scheme_without_a_proof_is_refused() {
    let bound = Bound::start().await;
    let reply = send(&bound.router, ask(&bound.token, &[])).await;
    assert_eq!(errors(&reply), refused("invalid_dpop_proof"));
}

#[tokio::test]
async fn m20_a_token_that_is_bound_to_no_key_is_refused_under_dpop() {
    let mut bound = Bound::start().await;
    bound.token = bound.world.server.token().jwt();
    bound
        .refuses(bound.proof().jwt(), "invalid_token", "unbound")
        .await;
    // One that calls itself bound and does not say to what.
    bound.token = bound.world.server.token().claim("typ", "DPoP").jwt();
    bound
        .refuses(bound.proof().jwt(), "invalid_token", "by its kind")
        .await;
}

#[tokio::test]
async fn m21_a_binding_that_is_not_understood_is_refused() {
    let mut bound = Bound::start().await;
    let jkt = bound.key.thumbprint();
    for cnf in [
        json!({}),
        json!(null),
        json!([]),
        json!("x"),
        json!({"jwk": bound.key.jwk()}),
        json!({"kid": "a"}),
        json!({"jkt": jkt, "kid": "a"}),
        json!({"jkt": jkt, "kc-jkt-type": "attestation"}),
        json!({"kc-jkt-type": "DPoP"}),
        json!({"jkt": null}),
        json!({"jkt": format!("{jkt}=")}),
    ] {
        let case = cnf.to_string();
        bound.token = bound.world.server.token().claim("cnf", cnf).jwt();
        bound
            .refuses(bound.proof().jwt(), "invalid_token", &case)
            .await;
        refused_bearer(&send(&bound.router, bearer(&bound.token, None)).await);
    }
}

#[tokio::test]
async fn m21_keycloak_may_say_that_the_key_is_for_dpop() {
    let mut bound = Bound::start().await;
    let cnf = json!({"jkt": bound.key.thumbprint(), "kc-jkt-type": "DPoP"});
    bound.token = bound.world.server.token().claim("cnf", cnf).jwt();
    bound.accepts(bound.proof(), "with its key").await;
    refused_bearer(&send(&bound.router, bearer(&bound.token, None)).await);
}

#[tokio::test]
async fn m22_both_bindings_are_enforced() {
    let mut bound = Bound::start().await;
    let cnf = json!({"jkt": bound.key.thumbprint(), "x5t#S256": bound.key.thumbprint()});
    bound.token = bound.world.server.token().claim("cnf", cnf).jwt();
    bound
        .refuses(bound.proof().jwt(), "invalid_token", "no certificate")
        .await;
}

#[tokio::test]
async fn m24_the_kind_of_a_bound_token_does_not_matter() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let router = service(issuer.introspection(), Dpop::at(API).unwrap());
    let key = SigningKey::generate(SigningAlgorithm::ES256);
    for (kind, status) in [("DPoP", 200), ("Bearer", 200), ("dpop", 200), ("mac", 401)] {
        let answer = json!({"cnf": {"jkt": key.thumbprint()}, "token_type": kind});
        let token = world.server.token().introspects_as(answer).opaque();
        let proof = world
            .server
            .dpop_proof(&key, "GET", &format!("{API}/orders"));
        let proof = proof.token(&token).jwt();
        let reply = send(&router, ask(&token, &[&proof])).await;
        assert_eq!(reply.status.as_u16(), status, "{kind}");
        refused_bearer(&send(&router, bearer(&token, None)).await);
    }
}

#[tokio::test]
async fn m25_a_route_may_insist_on_bound_tokens() {
    let world = World::start().await;
    let issuer = world.realm().connect().await.unwrap();
    let dpop = Dpop::at(API).unwrap();
    let router = Router::new()
        .route("/orders", get(|| async {}))
        .layer(RequireBinding::dpop())
        .layer(AuthenticateLayer::new(issuer.jwt()).dpop(dpop));
    let unbound = world.server.token().jwt();
    let reply = send(&router, bearer(&unbound, None)).await;
    assert_eq!(errors(&reply), refused("invalid_token"));
    assert_eq!(reply.headers.get("retry-after"), None);
    assert!(Reason::BindingRequired.status() == 401);

    let key = SigningKey::generate(SigningAlgorithm::ES256);
    let token = bound_to(&world, &key);
    let proof = world
        .server
        .dpop_proof(&key, "GET", &format!("{API}/orders"));
    let reply = send(&router, ask(&token, &[&proof.token(&token).jwt()])).await;
    assert_eq!(reply.status, 200);
}

#[tokio::test]
async fn m26_a_proof_is_not_for_proxies() {
    let bound = Bound::start().await;
    let request = Request::get("/orders")
        .header("proxy-authorization", format!("DPoP {}", bound.token))
        .header("dpop", bound.proof().jwt())
        .body(Body::empty())
        .unwrap();
    let reply = send(&bound.router, request).await;
    assert_eq!(reply.status, 401);
    let named: Vec<Value> = challenges(&reply.headers)
        .iter()
        .map(|challenge| json!(challenge.parameter("error")))
        .collect();
    assert_eq!(named, [Value::Null, Value::Null]);
}
