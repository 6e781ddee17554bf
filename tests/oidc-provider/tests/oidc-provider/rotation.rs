//! Keys that change while the service runs.

use axum::Router;
use http::StatusCode;
use portcullis_conformance::{get, protected};
use portcullis_oidc_provider_suite::header_of;

use crate::world::{LEDGER, World};

/// A service that fetches the keys for its first token.
fn service(world: &World) -> Router {
    protected(world.local().resource(LEDGER).build().unwrap().jwt())
}

#[tokio::test]
async fn a_new_key_is_found_without_a_restart_and_the_old_one_works_while_it_is_published() {
    let Some(mut world) = World::start().await else {
        return;
    };
    let running = service(&world);
    let old = world.token(LEDGER).await;
    assert_eq!(get(&running, &old).await.status, StatusCode::OK);

    world.server.rotate("second", &["RS256"]).await.unwrap();
    let new = world.token(LEDGER).await;
    assert_eq!(header_of(&old)["kid"], "first-RS256");
    assert_eq!(header_of(&new)["kid"], "second-RS256");
    for token in [&new, &old] {
        let reply = get(&running, token).await;
        assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    }

    let only = world.server.withdraw_all_but("second", &["RS256"]);
    only.await.unwrap();
    let late = service(&world);
    assert_eq!(get(&late, &new).await.status, StatusCode::OK);
    get(&late, &old).await.assert_invalid_token();
}
