//! Whose answer a kept answer is.

use axum::Router;
use portcullis::ReqwestClient;
use portcullis_conformance::{World, get, protected};

use crate::support::{assert_ok, calls, get_at};

#[tokio::test]
async fn y18_oathkeeper_ghsa_4mq7_a_token_of_one_server_is_not_good_at_another() {
    let (one, other) = (World::start().await, World::start().await);
    let token = one.server.token().opaque_value("the-same-text");
    let client = ReqwestClient::new().unwrap();
    let service = |world: &World| {
        let issuer = world.asking().http_client(client.clone());
        protected(issuer.build().unwrap().introspection())
    };
    let router = Router::new()
        .nest("/one", service(&one))
        .nest("/other", service(&other));
    for _ in 0..2 {
        assert_ok(&get_at(&router, "/one", &token).await);
        let reply = get_at(&router, "/other", &token).await;
        reply.assert_invalid_token();
    }
    assert_eq!((calls(&one), calls(&other)), (1, 1));
}

#[tokio::test]
async fn y20_litellm_cve_2026_35030_tokens_that_begin_alike_are_two() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().introspection());
    let token = |user: &str| world.server.token().subject(user);
    let long = "the-same-beginning-".repeat(20);
    for [alice, mallory] in [
        ["alice", "mallory"].map(|user| token(user).jwt()),
        ["alice", "mallory"].map(|user| token(user).opaque_value(format!("{long}{user}"))),
    ] {
        assert_eq!(alice.get(..20), mallory.get(..20));
        for _ in 0..2 {
            for (token, user) in [(&alice, "alice"), (&mallory, "mallory")] {
                let reply = get(&router, token).await;
                assert_ok(&reply);
                assert_eq!(reply.json()["sub"], user);
            }
        }
    }
    assert_eq!(calls(&world), 4);
}
