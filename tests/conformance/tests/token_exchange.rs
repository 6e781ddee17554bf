//! Tokens that somebody uses for somebody else (token exchange, RFC 8693): who acts is told, and
//! grants nothing.

use axum::{Json, Router, routing::get as route};
use http::StatusCode;
use portcullis::{
    AuthenticateLayer, Principal, RequireActiveLayer, RequireRole, RequireScope, TokenVerifier,
};
use portcullis_axum::Token;
use portcullis_conformance::{CapturedLog, World, get, protected};
use serde_json::{Value, json};
use tracing::Level;

/// Answers with the subject, then who acts for it.
fn telling(verifier: impl TokenVerifier) -> Router {
    async fn tell(token: Token) -> Json<Vec<String>> {
        let facts = token.facts();
        let subject = match facts.principal() {
            Some(Principal::User(name) | Principal::Client(name)) => name.to_owned(),
            _ => String::new(),
        };
        let actors = token.actors();
        let actors = actors.iter().map(|actor| {
            let name = actor.sub.as_deref().or(actor.client_id.as_deref());
            name.unwrap_or("?").to_owned()
        });
        Json(std::iter::once(subject).chain(actors).collect())
    }

    let live = route(tell).route_layer(RequireActiveLayer::live());
    Router::new()
        .route("/", route(tell))
        .route("/active", live)
        .layer(AuthenticateLayer::new(verifier))
}

/// A chain of two, as in RFC 8693 §4.1.
fn chain() -> Value {
    json!({
        "sub": "https://service16.example.com", "iss": "https://issuer.example.com",
        "act": {"client_id": "consumer"},
    })
}

#[tokio::test]
async fn who_acts_is_told_whoever_vouches_for_the_token() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let token = world.server.token().claim("act", chain());
    let expected = json!(["alice", "https://service16.example.com", "consumer"]);
    for (router, token) in [
        (telling(issuer.jwt()), token.clone().jwt()),
        (telling(issuer.introspection()), token.clone().opaque()),
        (telling(issuer.hybrid()), token.jwt()),
    ] {
        assert_eq!(get(&router, &token).await.json(), expected);
    }
    let reply = get(&telling(issuer.jwt()), &world.server.token().jwt()).await;
    assert_eq!(reply.json(), json!(["alice"]));
}

#[tokio::test]
async fn an_answer_that_is_silent_about_it_takes_no_actor_away_and_another_one_is_refused() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let router = telling(issuer.hybrid());
    let active = |token: String| {
        let router = router.clone();
        async move {
            let request = http::Request::get("/active")
                .header("authorization", format!("Bearer {token}"))
                .body(axum::body::Body::empty())
                .unwrap();
            portcullis_conformance::send(&router, request).await
        }
    };
    let token = world.server.token().claim("act", chain());
    let silent = token.clone().introspects_as(json!({"act": null})).jwt();
    let reply = active(silent).await;
    assert_eq!(reply.json().as_array().unwrap().len(), 3);
    let other = token.introspects_as(json!({"act": {"act": null, "sub": "mallory"}}));
    active(other.jwt()).await.assert_invalid_token();
}

#[tokio::test]
async fn what_an_actor_is_or_has_grants_nothing() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let act = json!({
        "sub": "root", "scope": "orders:write", "realm_access": {"roles": ["admin"]},
        "roles": ["admin"], "aud": "orders-api",
    });
    let token = world.server.token().claim("act", act).jwt();
    let by_role = Router::new()
        .route("/", route(|| async {}))
        .route_layer(RequireRole::realm("admin"))
        .layer(AuthenticateLayer::new(issuer.jwt()));
    let by_scope = Router::new()
        .route("/", route(|| async {}))
        .route_layer(RequireScope::all(["orders:write"]).unwrap())
        .layer(AuthenticateLayer::new(issuer.jwt()));
    for router in [by_role, by_scope] {
        assert_eq!(get(&router, &token).await.status, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn an_act_that_is_no_chain_of_objects_makes_the_claims_malformed() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    for act in [
        json!("service16"),
        json!(["service16"]),
        json!(true),
        Value::Null,
        json!({"sub": 16}),
        json!({"sub": "a", "act": "b"}),
    ] {
        let token = world.server.token().claim("act", act.clone());
        let reply = get(&protected(issuer.jwt()), &token.clone().jwt()).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{act}");
        // As an answer it is none.
        let reply = get(&protected(issuer.introspection()), &token.opaque()).await;
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "{act}");
    }
}

/// It is told whole or not at all: an audit would take the part for the whole.
#[tokio::test]
async fn a_chain_of_more_than_sixteen_is_refused() {
    let log = CapturedLog::start();
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let chain = |length: usize| {
        let first = json!({"sub": "1"});
        (2..=length).fold(
            first,
            |act, number| json!({"sub": number.to_string(), "act": act}),
        )
    };
    let token = |length| world.server.token().claim("act", chain(length));
    for (router, token) in [
        (telling(issuer.jwt()), token(16).jwt()),
        (telling(issuer.introspection()), token(16).opaque()),
    ] {
        let told = get(&router, &token).await.json();
        assert_eq!(
            told.as_array().unwrap().len(),
            17,
            "the subject and all actors"
        );
    }
    get(&telling(issuer.jwt()), &token(17).jwt())
        .await
        .assert_invalid_token();
    let why = log.matching(Level::DEBUG, "more than 16 actors");
    assert_eq!(why.len(), 1, "{:?}", log.lines());
    // An answer that has one cannot be read, as any other that is malformed.
    let reply = get(&telling(issuer.introspection()), &token(17).opaque()).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
}
