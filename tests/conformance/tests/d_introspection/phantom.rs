//! Keycloak's member `jwt`: the full token behind a lightweight or an opaque one.

use axum::{Router, routing::get as axum_get};
use http::StatusCode;
use portcullis::{AuthenticateLayer, CanAsk, Issuer};
use portcullis_axum::{Claims, Token};
use portcullis_conformance::{AUDIENCE, World, get};
use portcullis_testing::{Answer, Endpoint, Fault};
use serde_json::{Value, json};

/// Answers with the phantom token, and with the claims.
fn forwarding(issuer: &Issuer<CanAsk>) -> Router {
    let phantom = async |token: Token| {
        let facts = token.facts();
        let phantom = facts.phantom_token();
        phantom.map_or_else(String::new, |token| token.as_str().to_owned())
    };
    let claims =
        async |Claims(claims): Claims<Value>, token: Token| format!("{claims} {:?}", token.facts());
    Router::new()
        .route("/", axum_get(phantom))
        .route("/claims", axum_get(claims))
        .layer(AuthenticateLayer::new(issuer.introspection()))
}

fn say(world: &World, answer: &Value) {
    let server = &world.server;
    server.clear_faults(Endpoint::Introspection);
    let fault = Fault::answer(Answer::json(answer));
    server.inject(Endpoint::Introspection, fault);
}

fn answer_with(world: &World, jwt: &Value) {
    let answer = json!({
        "active": true,
        "iss": world.server.issuer(),
        "aud": AUDIENCE,
        "sub": "alice",
        "jwt": jwt,
    });
    say(world, &answer);
}

#[tokio::test]
async fn the_full_token_is_asked_for_and_handed_on() {
    let world = World::start().await;
    let full = world.server.token().jwt();
    answer_with(&world, &json!(full));
    let router = forwarding(&world.asking().phantom_token().build().unwrap());
    for _ in 0..3 {
        let reply = get(&router, "opaque").await;
        assert_eq!(reply.status, StatusCode::OK);
        assert_eq!(reply.body, full.as_bytes());
    }
    let requests = world.server.requests(Endpoint::Introspection);
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].header("accept"), Some("application/jwt"));
}

#[tokio::test]
async fn it_is_no_claim_and_is_not_printed() {
    let world = World::start().await;
    let full = world.server.token().jwt();
    answer_with(&world, &json!(full));
    let issuer = world.asking().phantom_token().build().unwrap();
    let request = http::Request::get("/claims").header("authorization", "Bearer opaque");
    let request = request.body(axum::body::Body::empty()).unwrap();
    let reply = portcullis_conformance::send(&forwarding(&issuer), request).await;
    let text = String::from_utf8(reply.body.to_vec()).unwrap();
    assert!(text.contains("alice"));
    assert!(!text.contains(&full), "{text}");
}

#[tokio::test]
async fn without_the_option_none_is_asked_for_or_handed_on() {
    let world = World::start().await;
    answer_with(&world, &json!(world.server.token().jwt()));
    let router = forwarding(&world.asking().build().unwrap());
    let reply = get(&router, "opaque").await;
    assert_eq!((reply.status, reply.body.len()), (StatusCode::OK, 0));
    let requests = world.server.requests(Endpoint::Introspection);
    assert_eq!(requests[0].header("accept"), Some("application/json"));
}

#[tokio::test]
async fn what_is_no_token_is_not_handed_on() {
    let world = World::start().await;
    let router = forwarding(&world.asking().phantom_token().build().unwrap());
    for (number, odd) in [
        json!(1),
        json!(null),
        json!("a b"),
        json!("a\r\nb"),
        json!(""),
    ]
    .iter()
    .enumerate()
    {
        answer_with(&world, odd);
        let reply = get(&router, &format!("opaque-{number}")).await;
        assert_eq!(
            (reply.status, reply.body.len()),
            (StatusCode::OK, 0),
            "{odd}"
        );
    }
}

#[tokio::test]
async fn an_inactive_token_has_none() {
    let world = World::start().await;
    let answer = json!({"active": false, "jwt": world.server.token().jwt()});
    say(&world, &answer);
    let router = forwarding(&world.asking().phantom_token().build().unwrap());
    get(&router, "opaque").await.assert_invalid_token();
}
