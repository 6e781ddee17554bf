//! The ground itself: good tokens are let through, by every verifier.

use http::StatusCode;
use portcullis_conformance::{World, get, protected};

#[tokio::test]
async fn a_good_token_is_good_by_every_verifier() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let jwt = world.server.token().jwt();
    let opaque = world.server.token().opaque();
    for (router, token) in [
        (protected(issuer.jwt()), &jwt),
        (protected(issuer.hybrid()), &jwt),
        (protected(issuer.hybrid()), &opaque),
        (protected(issuer.introspection()), &jwt),
        (protected(issuer.introspection()), &opaque),
    ] {
        let reply = get(&router, token).await;
        assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    }
    get(&protected(issuer.jwt()), &opaque)
        .await
        .assert_invalid_token();
    get(&protected(issuer.jwt()), "e30.e30.e30")
        .await
        .assert_invalid_token();
}
