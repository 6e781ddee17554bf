//! Spring Authorization Server 1.5: JWTs without a `typ`, scopes as an array, one RSA key for two
//! algorithms in a set that says neither `alg` nor `use`, an audience that is an array even of one.

use http::StatusCode;
use portcullis::AccessTokenProfile;
use portcullis_conformance::{AUDIENCE, T0, World, protected};
use portcullis_testing::SigningAlgorithm;
use serde_json::{Value, json};

use crate::support::{asking, issuer, jwt, scoped, status, told};

fn claims(world: &World) -> Value {
    json!({
        "sub": "alice", "aud": AUDIENCE, "nbf": T0, "scope": ["read", "write"],
        "iss": world.server.issuer(), "exp": T0 + 300, "iat": T0, "jti": "one",
    })
}

fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

#[tokio::test]
async fn j13_an_array_of_scopes_counts_by_a_switch() {
    let world = World::start().await;
    let spring = || issuer(&world).profile(AccessTokenProfile::Spring);
    let token = jwt(&world, None, &claims(&world));
    let plain = spring().build().unwrap();
    assert_eq!(status(&protected(plain.jwt()), &token).await, 200);
    assert_eq!(status(&scoped(plain.jwt(), "read"), &token).await, 403);

    let issuer = spring().spring_scope_array().build().unwrap();
    for scope in ["read", "write"] {
        assert_eq!(status(&scoped(issuer.jwt(), scope), &token).await, 200);
    }
    assert_eq!(status(&scoped(issuer.jwt(), "admin"), &token).await, 403);
    for spoiled in [
        json!(["read", 1]),
        json!(["read write"]),
        json!(["read", null]),
        json!([]),
        json!({"read": true}),
    ] {
        let token = jwt(
            &world,
            None,
            &with(claims(&world), "scope", spoiled.clone()),
        );
        let status = status(&scoped(issuer.jwt(), "read"), &token).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{spoiled}");
    }
}

#[tokio::test]
async fn d11_an_array_of_scopes_in_an_answer_counts_by_the_same_switch() {
    let world = World::start().await;
    let token = world.server.token().opaque();
    let mut answer = claims(&world);
    answer["active"] = json!(true);
    world.server.set_introspection_answer(&token, answer);
    let plain = asking(&world).build().unwrap();
    let lenient = asking(&world).spring_scope_array().build().unwrap();
    assert_eq!(
        status(&scoped(plain.introspection(), "read"), &token).await,
        403
    );
    assert_eq!(
        status(&scoped(lenient.introspection(), "read"), &token).await,
        200
    );
    assert_eq!(
        status(&scoped(lenient.introspection(), "admin"), &token).await,
        403
    );
}

#[tokio::test]
async fn k2_a_token_without_a_typ_is_good_by_the_profile_and_no_id_token_is() {
    let world = World::start().await;
    let strict = issuer(&world).build().unwrap();
    let spring = issuer(&world)
        .profile(AccessTokenProfile::Spring)
        .build()
        .unwrap();
    let token = jwt(&world, None, &claims(&world));
    assert_eq!(status(&protected(strict.jwt()), &token).await, 401);
    assert_eq!(status(&protected(spring.jwt()), &token).await, 200);

    let router = protected(spring.jwt());
    for typ in ["JWT", "logout+jwt", "statuslist+jwt", "id+jwt"] {
        let token = jwt(&world, Some(typ), &claims(&world));
        assert_eq!(status(&router, &token).await, 401, "{typ}");
    }
    let own = jwt(&world, Some("at+jwt"), &claims(&world));
    assert_eq!(status(&router, &own).await, 200);
    for mark in ["azp", "nonce", "at_hash", "c_hash", "sid"] {
        let token = jwt(&world, None, &with(claims(&world), mark, json!("x")));
        assert_eq!(status(&router, &token).await, 401, "{mark}");
    }
    let dated = with(claims(&world), "auth_time", json!(T0));
    assert_eq!(status(&router, &jwt(&world, None, &dated)).await, 401);
    for missing in ["sub", "aud", "exp", "iat", "jti", "iss"] {
        let mut claims = claims(&world);
        claims.as_object_mut().unwrap().remove(missing);
        let token = jwt(&world, None, &claims);
        assert_eq!(status(&router, &token).await, 401, "{missing}");
    }
}

#[tokio::test]
async fn h4_a_key_that_says_nothing_of_itself_serves_both_of_its_algorithms() {
    let world = World::start().await;
    let server = &world.server;
    let key = server.signing_key(SigningAlgorithm::RS256);
    server.patch_jwk(key.key_id(), &json!({"alg": null, "use": null}));
    let pss = key.with_algorithm(SigningAlgorithm::PS256).unwrap();
    let issuer = issuer(&world)
        .profile(AccessTokenProfile::Spring)
        .build()
        .unwrap();
    let router = protected(issuer.jwt());
    for key in [&key, &pss] {
        let token = server.token().only_claims(claims(&world));
        let token = token.without_header("typ").signed_with(key).jwt();
        assert_eq!(status(&router, &token).await, 200);
    }
}

#[tokio::test]
async fn d12_its_audience_is_an_array_even_of_one() {
    let world = World::start().await;
    let issuer = asking(&world).build().unwrap();
    let answer = json!({
        "active": true, "sub": "alice", "client_id": AUDIENCE, "aud": [AUDIENCE],
        "iss": world.server.issuer(), "exp": T0 + 300, "iat": T0, "nbf": T0, "jti": "one",
        "token_type": "Bearer",
    });
    let reply = told(&world, issuer.introspection(), answer).await;
    assert_eq!(reply.status, StatusCode::OK);
    // Its refresh tokens are active, too, and say next to nothing.
    let refresh = json!({"active": true, "client_id": AUDIENCE, "exp": T0 + 300, "iat": T0});
    told(&world, issuer.introspection(), refresh)
        .await
        .assert_invalid_token();
}

#[tokio::test]
async fn d15_the_profile_tells_its_other_tokens_from_access_tokens_in_answers_too() {
    let world = World::start().await;
    let issuer = asking(&world).profile(AccessTokenProfile::Spring);
    let issuer = issuer.build().unwrap();
    let access = json!({
        "active": true, "sub": "alice", "client_id": "shop", "aud": [AUDIENCE],
        "iss": world.server.issuer(), "exp": T0 + 300, "iat": T0, "nbf": T0, "jti": "one",
        "token_type": "Bearer",
    });
    let reply = told(&world, issuer.introspection(), access.clone()).await;
    assert_eq!(reply.status, StatusCode::OK);
    // Of its ID tokens it says what they say, with a client's id for the audience; of no token but
    // access tokens the type.
    let mut id_token = access;
    id_token.as_object_mut().unwrap().remove("token_type");
    id_token["azp"] = json!(AUDIENCE);
    for other in [id_token.clone(), with(id_token, "auth_time", json!(T0))] {
        let reply = told(&world, issuer.introspection(), other.clone()).await;
        reply.assert_invalid_token();
        let reply = told(&world, issuer.hybrid(), other).await;
        reply.assert_invalid_token();
    }
}
