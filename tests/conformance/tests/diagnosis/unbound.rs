//! What can be told of a bound token whose client is not here: who has signed it, and nothing that lets
//! anybody in.

use http::StatusCode;
use portcullis::{AccessToken, JwtVerifier, Reason};
use portcullis_conformance::{T0, World, base64url, get, protected, resigned};
use portcullis_testing::{Endpoint, Fault, SigningAlgorithm, SigningKey, TokenBuilder};
use serde_json::json;

async fn judged(verifier: &JwtVerifier, token: &str) -> Result<(), Reason> {
    let token = AccessToken::new(token).unwrap();
    let judged = verifier.danger_judge_unbound(&token).await;
    judged.map_err(|rejection| rejection.reason())
}

/// Tokens that are bound to something, each in its own way.
fn bound(world: &World) -> [TokenBuilder; 4] {
    let print = base64url([7; 32]);
    [
        json!({"jkt": print}),
        json!({"x5t#S256": print}),
        json!({"jkt": print, "x5t#S256": print}),
        json!({"of": "another kind"}),
    ]
    .map(|cnf| world.server.token().claim("cnf", cnf))
}

#[tokio::test]
async fn a_bound_token_is_good_but_for_its_binding_and_lets_nobody_in() {
    let world = World::start().await;
    let issuer = world.realm().build().unwrap();
    let (verifier, router) = (issuer.jwt(), protected(issuer.jwt()));
    for token in bound(&world) {
        let token = token.jwt();
        for _ in 0..2 {
            assert_eq!(judged(&verifier, &token).await, Ok(()));
            let reply = get(&router, &token).await;
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
        }
    }
    assert_eq!(world.server.request_count(Endpoint::Jwks), 1);
}

#[tokio::test]
async fn every_rule_but_that_of_the_binding_is_judged_in_its_order() {
    let world = World::start().await;
    let verifier = world.realm().build().unwrap().jwt();
    for token in bound(&world) {
        for (reason, mistaken) in [
            (Reason::WrongAudience, token.clone().audience("billing-api")),
            (Reason::Expired, token.clone().claim("exp", T0 - 3600)),
            (Reason::NotAnAccessToken, token.clone().claim("typ", "ID")),
            (
                Reason::WrongIssuer,
                token.clone().claim("iss", "https://id.example.com"),
            ),
        ] {
            assert_eq!(judged(&verifier, &mistaken.jwt()).await, Err(reason));
        }
    }
    // Nothing was fetched for one of them.
    assert_eq!(world.server.total_request_count(), 0);
    for token in bound(&world) {
        let key = SigningKey::generate(SigningAlgorithm::RS256);
        let forged = resigned(&token.clone().jwt(), |text| key.sign(text));
        assert_eq!(judged(&verifier, &forged).await, Err(Reason::BadSignature));
        let unknown = token.header("kid", "nobodys-key").jwt();
        assert_eq!(judged(&verifier, &unknown).await, Err(Reason::UnknownKey));
    }
    let opaque = world.server.token().opaque();
    assert_eq!(
        judged(&verifier, &opaque).await,
        Err(Reason::UnsupportedToken)
    );
}

#[tokio::test]
async fn without_keys_nothing_is_said_of_a_bound_token() {
    let world = World::start().await;
    let verifier = world.realm().build().unwrap().jwt();
    world.server.inject(Endpoint::Jwks, Fault::status(500));
    let [token, ..] = bound(&world);
    let judged = judged(&verifier, &token.jwt()).await;
    assert_eq!(judged, Err(Reason::KeysUnavailable));
}
