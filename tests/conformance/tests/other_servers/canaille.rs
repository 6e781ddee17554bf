//! canaille: dates with fractions in its answers, RS512, keys without `alg` and `use`, JWTs that
//! name neither themselves nor a client.

use std::time::Duration;

use http::StatusCode;
use portcullis::AccessTokenProfile;
use portcullis_conformance::{AUDIENCE, T0, World, protected};
use portcullis_testing::SigningAlgorithm;
use serde_json::json;

use crate::support::{asking, issuer, status, told};

#[tokio::test]
async fn d14_a_date_may_have_a_fraction_without_any_switch() {
    let world = World::start().await;
    let strict = asking(&world).leeway(Duration::ZERO).build().unwrap();
    let ending = |exp: f64| {
        json!({
            "active": true, "client_id": "shop", "aud": [AUDIENCE], "sub": "alice",
            "iss": world.server.issuer(), "exp": exp, "iat": T0 as f64 - 0.25, "scope": "read",
            "token_type": "Bearer", "username": "Alice",
        })
    };
    let late = told(&world, strict.introspection(), ending(T0 as f64 + 0.5)).await;
    assert_eq!(late.status, StatusCode::OK);
    assert_eq!(late.json()["exp"], T0 as f64 + 0.5);
    told(&world, strict.introspection(), ending(T0 as f64 - 0.5))
        .await
        .assert_invalid_token();
}

#[tokio::test]
async fn h4_a_set_without_alg_and_use_serves_its_jwts() {
    let world = World::start().await;
    let server = &world.server;
    let key = server.signing_key(SigningAlgorithm::RS512);
    server.patch_jwk(key.key_id(), &json!({"alg": null, "use": null}));
    let issuer = issuer(&world).profile(AccessTokenProfile::DangerDex);
    let issuer = issuer.build().unwrap();
    let token = server.token().only_claims(json!({
        "iss": server.issuer(), "sub": "alice", "aud": [AUDIENCE],
        "exp": T0 as f64 + 300.5, "iat": T0,
    }));
    let token = token.algorithm(SigningAlgorithm::RS512).jwt();
    assert_eq!(status(&protected(issuer.jwt()), &token).await, 200);
}
