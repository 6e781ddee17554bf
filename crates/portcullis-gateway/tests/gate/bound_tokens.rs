use http::StatusCode;
use portcullis::{Dpop, NonceKeys};
use portcullis_testing::{SigningAlgorithm, SigningKey};
use serde_json::json;

use crate::world::{Answer, Gated, World, now};

const RULES: &str = "[[rules]]\npath = \"/**\"\n";

fn gate(world: &World, nonces: bool) -> Gated {
    world.gate_with(RULES, |authenticator| {
        let mut dpop = Dpop::at("https://api.example").unwrap();
        if nonces {
            dpop = dpop.nonces(&NonceKeys::of_this_process().unwrap());
        }
        authenticator.dpop(dpop)
    })
}

fn bound(world: &World, key: &SigningKey) -> String {
    let cnf = json!({ "jkt": key.thumbprint() });
    world.token().claim("cnf", cnf).jwt()
}

async fn ask(gate: &Gated, request: &str, token: &str, proof: &str) -> Answer {
    let authorization = format!("DPoP {token}");
    gate.ask_with(
        request,
        &[("authorization", &authorization), ("dpop", proof)],
    )
    .await
}

#[tokio::test]
async fn a_proof_is_judged_for_the_request_that_the_client_has_sent() {
    let world = World::start().await;
    let gate = gate(&world, false);
    let key = SigningKey::generate(SigningAlgorithm::ES256);
    let token = bound(&world, &key);
    let proof = |method: &str, url: &str| {
        let proof = world.server.dpop_proof(&key, method, url).token(&token);
        proof.issued_at(now()).jwt()
    };
    let good = proof("PUT", "https://api.example/orders/1");
    let answer = ask(&gate, "PUT /orders/1?x", &token, &good).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.only("x-auth-subject"), "alice");
    // Once.
    let again = ask(&gate, "PUT /orders/1?x", &token, &good).await;
    assert_eq!(again.status, StatusCode::UNAUTHORIZED);
    for (method, url) in [
        ("GET", "https://api.example/orders/1"),
        ("PUT", "https://api.example/orders/2"),
        ("PUT", "https://api.example/"),
        ("PUT", "https://evil.example/orders/1"),
    ] {
        let answer = ask(&gate, "PUT /orders/1", &token, &proof(method, url)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {url}");
        answer.assert_nobody();
    }
}

#[tokio::test]
async fn a_nonce_is_handed_out_through_the_gateway() {
    let world = World::start().await;
    let gate = gate(&world, true);
    let key = SigningKey::generate(SigningAlgorithm::ES256);
    let token = bound(&world, &key);
    let proof = || {
        let proof = world
            .server
            .dpop_proof(&key, "GET", "https://api.example/orders");
        proof.token(&token).issued_at(now())
    };
    let refused = ask(&gate, "GET /orders", &token, &proof().jwt()).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    let nonce = refused.only("dpop-nonce").to_owned();
    let answer = ask(&gate, "GET /orders", &token, &proof().nonce(&nonce).jwt()).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn where_no_proof_is_judged_a_bound_token_is_refused() {
    let world = World::start().await;
    let gate = world.gate(RULES);
    let key = SigningKey::generate(SigningAlgorithm::ES256);
    let token = bound(&world, &key);
    let bearer = gate.ask("GET /orders", &token).await;
    assert_eq!(bearer.status, StatusCode::UNAUTHORIZED);
    bearer.assert_nobody();
    let certified = world
        .token()
        .claim("cnf", json!({ "x5t#S256": "a".repeat(43) }))
        .jwt();
    let refused = gate.ask("GET /orders", &certified).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
}
