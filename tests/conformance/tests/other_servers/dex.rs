//! dex: no `typ`, neither scopes nor a client in its JWTs, and an audience that is a string or, of
//! two, an array. Its access tokens look like its ID tokens, and introspection calls both access
//! tokens: nothing can tell them apart.

use http::StatusCode;
use portcullis::AccessTokenProfile;
use portcullis_conformance::{AUDIENCE, T0, World, protected};
use serde_json::{Value, json};

use crate::support::{asking, issuer, jwt, status, told};

fn claims(world: &World) -> Value {
    json!({
        "iss": world.server.issuer(), "sub": "CgVhbGljZRIFbG9jYWw", "aud": AUDIENCE,
        "exp": T0 + 300, "iat": T0, "at_hash": "x", "email": "alice@example.com",
    })
}

#[tokio::test]
async fn k2_a_token_that_says_nothing_is_good_by_the_profile_alone() {
    let world = World::start().await;
    let token = jwt(&world, None, &claims(&world));
    for profile in [
        AccessTokenProfile::Rfc9068,
        AccessTokenProfile::Keycloak,
        AccessTokenProfile::Spring,
        AccessTokenProfile::Hydra,
    ] {
        let issuer = issuer(&world).profile(profile).build().unwrap();
        let status = status(&protected(issuer.jwt()), &token).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{profile:?}");
    }
    let dex = issuer(&world).profile(AccessTokenProfile::DangerDex);
    let dex = dex.build().unwrap();
    let router = protected(dex.jwt());
    assert_eq!(status(&router, &token).await, 200);
    let mut two = claims(&world);
    two["aud"] = json!([AUDIENCE, "other"]);
    assert_eq!(status(&router, &jwt(&world, None, &two)).await, 200);
    // What says that it is something else is believed.
    for typ in ["logout+jwt", "id+jwt", "dpop+jwt", "secevent+jwt"] {
        let token = jwt(&world, Some(typ), &claims(&world));
        assert_eq!(status(&router, &token).await, 401, "{typ}");
    }
    for (name, value) in [
        ("aud", json!("other")),
        ("iss", json!("https://evil.example")),
        ("exp", json!(T0 - 60)),
        ("typ", json!("Refresh")),
        ("token_use", json!("refresh_token")),
    ] {
        let mut claims = claims(&world);
        claims[name] = value;
        let token = jwt(&world, None, &claims);
        assert_eq!(status(&router, &token).await, 401, "{name}");
    }
}

#[tokio::test]
async fn d14_a_refresh_token_that_ends_as_it_begins_is_refused() {
    let world = World::start().await;
    let issuer = asking(&world).build().unwrap();
    let answer = json!({
        "active": true, "sub": "CgVhbGljZRIFbG9jYWw", "client_id": "shop", "aud": AUDIENCE,
        "iss": world.server.issuer(), "exp": T0 + 300, "iat": T0, "nbf": T0,
        "token_type": "Bearer", "token_use": "access_token", "username": "alice",
    });
    let reply = told(&world, issuer.introspection(), answer.clone()).await;
    assert_eq!(reply.status, StatusCode::OK);
    let mut refresh = answer;
    refresh["token_use"] = json!("refresh_token");
    refresh["exp"] = json!(T0);
    told(&world, issuer.introspection(), refresh)
        .await
        .assert_invalid_token();
}
