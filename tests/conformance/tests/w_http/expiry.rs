//! What the application knows of the token's end.

use std::time::Duration;

use axum::{Router, routing::get};
use portcullis::{AuthenticateLayer, TokenVerifier};
use portcullis_axum::Token;
use portcullis_conformance::{T0, World, get as get_with};

/// Says when the token ends, as a socket would want to know.
fn clockwatcher(verifier: impl TokenVerifier) -> Router {
    let handler = |token: Token| async move {
        let exp = token.facts().registered().exp;
        exp.map(|exp| exp.as_seconds().to_string())
            .unwrap_or_default()
    };
    Router::new()
        .route("/", get(handler))
        .layer(AuthenticateLayer::new(verifier))
}

#[tokio::test]
async fn w11_the_expiry_is_known_to_the_application() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let minting = || world.server.token().expires_in(Duration::from_secs(90));
    let (jwt, opaque) = (minting().jwt(), minting().opaque());
    let expected = (T0 + 90).to_string();
    for (router, token) in [
        (clockwatcher(issuer.jwt()), &jwt),
        (clockwatcher(issuer.hybrid()), &jwt),
        (clockwatcher(issuer.hybrid()), &opaque),
        (clockwatcher(issuer.introspection()), &jwt),
    ] {
        assert_eq!(get_with(&router, token).await.body, expected);
    }
}

#[tokio::test]
async fn w11_a_token_without_an_end_has_none() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let endless = world.server.token().without_claim("exp").opaque();
    let reply = get_with(&clockwatcher(issuer.hybrid()), &endless).await;
    assert_eq!(
        (reply.status.as_u16(), reply.body.as_ref()),
        (200, &b""[..])
    );
}
