//! A service that is shown refresh tokens, by an issuer of its own: D15 the other way round.

use axum::Router;
use http::StatusCode;
use portcullis::{IssuerBuilder, WithCredentials};
use portcullis_conformance::{AUDIENCE, CapturedLog, T0, World, get, protected};
use portcullis_testing::Endpoint;
use serde_json::{Value, json};

/// For refresh tokens as Keycloak's are: for the issuer itself.
fn refreshing(world: &World) -> IssuerBuilder<WithCredentials> {
    world
        .asking()
        .audience(world.server.issuer())
        .refresh_tokens()
}

/// What Keycloak says of a refresh token, but for these members; null takes one away.
fn answer(world: &World, members: &Value) -> Value {
    let mut answer = json!({
        "active": true, "iss": world.server.issuer(), "aud": world.server.issuer(),
        "sub": "alice", "azp": "orders-api", "client_id": "orders-api", "sid": "s",
        "exp": T0 + 1800, "iat": T0, "jti": "one", "scope": "openid", "typ": "Refresh",
    });
    if let Some(answer) = answer.as_object_mut() {
        answer.extend(members.as_object().cloned().unwrap_or_default());
        answer.retain(|_, value| !value.is_null());
    }
    answer
}

async fn reply(world: &World, router: &Router, members: &Value) -> portcullis_conformance::Reply {
    let token = world.server.token().opaque();
    let answer = answer(world, members);
    world.server.set_introspection_answer(&token, answer);
    get(router, &token).await
}

#[tokio::test]
async fn d15_a_refresh_token_is_taken_where_it_is_asked_for_with_all_that_is_said_of_it() {
    let world = World::start().await;
    let router = protected(refreshing(&world).build().unwrap().introspection());
    for members in [
        json!({"token_type": "Refresh", "refresh_token_type": "Refresh"}),
        json!({"typ": "Offline", "token_type": "Offline"}),
        json!({"typ": "Offline", "refresh_token_type": "Offline"}),
        json!({"typ": null, "token_type": "refresh_token"}),
        json!({"token_use": "refresh_token", "token_type": "Bearer"}),
    ] {
        let reply = reply(&world, &router, &members).await;
        assert_eq!(reply.status, StatusCode::OK, "{members}");
        for (name, value) in members.as_object().unwrap() {
            assert_eq!(reply.json()[name], *value, "{members}");
        }
    }
}

#[tokio::test]
async fn d15_it_is_refused_everywhere_else() {
    let world = World::start().await;
    let issuer = world.asking().audience(world.server.issuer());
    let issuer = issuer.build().unwrap();
    for router in [
        protected(issuer.introspection()),
        protected(issuer.hybrid()),
    ] {
        let reply = reply(&world, &router, &json!({})).await;
        reply.assert_invalid_token();
    }
}

#[tokio::test]
async fn d15_no_access_token_is_taken_for_a_refresh_token() {
    let world = World::start().await;
    let router = protected(refreshing(&world).build().unwrap().introspection());
    for members in [
        json!({"typ": "Bearer"}),
        json!({"typ": "ID"}),
        json!({"typ": "Logout"}),
        json!({"typ": "Bearer", "token_type": "refresh_token"}),
        json!({"token_use": "access_token"}),
        json!({"token_type": "urn:ietf:params:oauth:token-type:rpt"}),
    ] {
        let logs = CapturedLog::start();
        let reply = reply(&world, &router, &members).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{members}");
        let (reason, _) = logs.last_rejection().unwrap();
        assert_eq!(reason, "unsupported_token", "{members}");
    }
    // An access token of the server's own.
    let token = world
        .server
        .token()
        .claim("aud", json!([AUDIENCE, world.server.issuer()]));
    get(&router, &token.opaque()).await.assert_invalid_token();
    // One that nothing is said about.
    let silent = json!({"active": true, "client_id": "shop", "exp": T0 + 300});
    let token = world.server.token().opaque();
    world.server.set_introspection_answer(&token, silent);
    get(&router, &token).await.assert_invalid_token();
}

#[tokio::test]
async fn d15_a_refresh_token_is_judged_like_any_other() {
    let world = World::start().await;
    let router = protected(refreshing(&world).build().unwrap().introspection());
    for members in [
        json!({"aud": "https://other.example"}),
        json!({"iss": "https://other.example"}),
        json!({"exp": T0 - 60}),
        json!({"active": false}),
        json!({"cnf": {"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}}),
    ] {
        let reply = reply(&world, &router, &members).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{members}");
    }
}

#[tokio::test]
async fn d3_the_hint_is_that_of_refresh_tokens_unless_another_is_set() {
    let world = World::start().await;
    for (issuer, expected) in [
        (refreshing(&world), Some("refresh_token")),
        (
            refreshing(&world).token_type_hint("access_token"),
            Some("access_token"),
        ),
        (world.asking(), None),
    ] {
        world.server.clear_requests();
        let router = protected(issuer.build().unwrap().introspection());
        get(&router, &world.server.token().opaque()).await;
        let requests = world.server.requests(Endpoint::Introspection);
        let hint = requests[0].form_value("token_type_hint");
        assert_eq!(hint.as_deref(), expected);
    }
}
