//! Ory Hydra 2.2: an issuer with a slash at its end, `typ` is `JWT`, scopes in `scp`, no
//! introspection endpoint in its metadata, an audience that is empty unless it was asked for,
//! `token_use` in its answers.

use http::StatusCode;
use portcullis::AccessTokenProfile;
use portcullis_conformance::{AUDIENCE, T0, World, protected};
use portcullis_testing::Endpoint;
use serde_json::{Value, json};

use crate::support::{asking, issuer, jwt, scoped, status, told};

async fn hydra() -> World {
    let world = World::with(|server| server.issuer_path("/")).await;
    let unpublished = json!({"introspection_endpoint": null});
    world.server.patch_discovery(&unpublished);
    assert!(world.server.issuer().ends_with('/'));
    world
}

fn claims(world: &World) -> Value {
    json!({
        "aud": [AUDIENCE], "client_id": "shop", "exp": T0 + 300, "iat": T0, "nbf": T0,
        "iss": world.server.issuer(), "jti": "one", "sub": "alice", "scp": ["read", "write"],
        "ext": {"sub": "mallory", "iss": "https://evil.example"},
    })
}

#[tokio::test]
async fn j13_scp_counts_by_a_switch_and_beside_scope_it_does_not() {
    let world = hydra().await;
    let hydra = || issuer(&world).profile(AccessTokenProfile::Hydra);
    let token = jwt(&world, Some("JWT"), &claims(&world));
    let plain = hydra().build().unwrap();
    assert_eq!(status(&protected(plain.jwt()), &token).await, 200);
    assert_eq!(status(&scoped(plain.jwt(), "read"), &token).await, 403);

    let issuer = hydra().hydra_scp_array().build().unwrap();
    assert_eq!(status(&scoped(issuer.jwt(), "read"), &token).await, 200);
    assert_eq!(status(&scoped(issuer.jwt(), "admin"), &token).await, 403);
    for (name, value) in [
        ("scope", json!("write")),
        ("scope", json!("")),
        ("scope", json!(["read"])),
        ("scp", json!("read")),
        ("scp", json!(["read", {}])),
    ] {
        let mut claims = claims(&world);
        claims[name] = value.clone();
        let token = jwt(&world, Some("JWT"), &claims);
        let status = status(&scoped(issuer.jwt(), "read"), &token).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{name}: {value}");
    }
}

#[tokio::test]
async fn k2_a_plain_jwt_is_good_by_the_profile_and_no_id_token_is() {
    let world = hydra().await;
    let strict = issuer(&world).build().unwrap();
    let hydra = issuer(&world)
        .profile(AccessTokenProfile::Hydra)
        .build()
        .unwrap();
    let token = jwt(&world, Some("JWT"), &claims(&world));
    assert_eq!(status(&protected(strict.jwt()), &token).await, 401);
    let router = protected(hydra.jwt());
    assert_eq!(status(&router, &token).await, 200);
    assert_eq!(
        status(&router, &jwt(&world, None, &claims(&world))).await,
        401
    );

    let id_token = json!({
        "aud": [AUDIENCE], "exp": T0 + 300, "iat": T0, "iss": world.server.issuer(),
        "jti": "two", "sub": "alice", "auth_time": T0, "at_hash": "x", "sid": "s",
    });
    assert_eq!(
        status(&router, &jwt(&world, Some("JWT"), &id_token)).await,
        401
    );
    // Not even one that names a client.
    let mut named = id_token;
    named["client_id"] = json!("shop");
    assert_eq!(
        status(&router, &jwt(&world, Some("JWT"), &named)).await,
        401
    );
}

#[tokio::test]
async fn d12_an_empty_audience_is_nobodys_and_a_refresh_token_is_told_by_its_use() {
    let world = hydra().await;
    let issuer = asking(&world)
        .introspection_endpoint(world.server.url(Endpoint::Introspection))
        .build()
        .unwrap();
    let mut answer = json!({
        "active": true, "aud": [AUDIENCE], "client_id": "shop", "exp": T0 + 300, "iat": T0,
        "nbf": T0, "iss": world.server.issuer(), "scope": "read", "sub": "alice",
        "token_type": "Bearer", "token_use": "access_token", "ext": {"sub": "mallory"},
    });
    let reply = told(&world, issuer.introspection(), answer.clone()).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.json()["sub"], "alice");

    let mut refresh = answer.clone();
    refresh["token_use"] = json!("refresh_token");
    for refused in [refresh, {
        answer["aud"] = json!([]);
        answer
    }] {
        told(&world, issuer.introspection(), refused)
            .await
            .assert_invalid_token();
    }
}

#[tokio::test]
async fn e19_one_dot_makes_no_jwt() {
    let world = hydra().await;
    let issuer = asking(&world)
        .introspection_endpoint(world.server.url(Endpoint::Introspection))
        .build()
        .unwrap();
    let token = "ory_at_2X-kHdsE.Jb0Wc";
    let answer = json!({"active": true, "aud": [AUDIENCE], "client_id": "shop", "exp": T0 + 300});
    world.server.set_introspection_answer(token, answer);
    assert_eq!(status(&protected(issuer.hybrid()), token).await, 200);
}
