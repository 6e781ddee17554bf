//! Bound tokens that are used by others.

use axum::{Router, body::Body, routing::get as route};
use http::Request;
use portcullis::{AuthenticateLayer, Dpop};
use portcullis_conformance::{World, send};
use portcullis_testing::{SigningAlgorithm, SigningKey};
use serde_json::json;

const API: &str = "https://api.example";

#[tokio::test]
async fn x31_a_bound_token_is_good_with_its_own_key_alone() {
    let world = World::start().await;
    let issuer = world.realm().connect().await.unwrap();
    let router = Router::new()
        .route("/", route(|| async {}))
        .layer(AuthenticateLayer::new(issuer.jwt()).dpop(Dpop::at(API).unwrap()));
    let key = SigningKey::generate(SigningAlgorithm::ES256);
    let thief = SigningKey::generate(SigningAlgorithm::ES256);
    let cnf = json!({"jkt": key.thumbprint()});
    let token = world.server.token().claim("cnf", cnf).jwt();
    let proof = |key: &SigningKey| {
        let proof = world.server.dpop_proof(key, "GET", &format!("{API}/"));
        proof.token(&token).jwt()
    };
    let ask = async |scheme: &str, proof: Option<String>| {
        let request = Request::get("/").header("authorization", format!("{scheme} {token}"));
        let request = match proof {
            Some(proof) => request.header("dpop", proof),
            None => request,
        };
        send(&router, request.body(Body::empty()).unwrap())
            .await
            .status
    };
    assert_eq!(ask("Bearer", None).await, 401);
    assert_eq!(ask("Bearer", Some(proof(&key))).await, 401);
    assert_eq!(ask("DPoP", None).await, 401);
    assert_eq!(ask("DPoP", Some(proof(&thief))).await, 401);
    assert_eq!(ask("DPoP", Some(proof(&key))).await, 200);
}
