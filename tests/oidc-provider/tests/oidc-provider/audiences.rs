//! Whom a token is for (RFC 8707).

use portcullis_conformance::{CapturedLog, get};
use tracing::Level;

use crate::world::{STOCK, World};

#[tokio::test]
async fn a_token_for_another_resource_is_refused() {
    let Some(world) = World::start().await else {
        return;
    };
    let log = CapturedLog::start();
    let token = world.token(STOCK).await;
    for (way, service) in world.services() {
        get(&service, &token).await.assert_invalid_token();
        assert_eq!(log.last_rejection().unwrap().0, "wrong_audience", "{way}");
    }
}

#[tokio::test]
async fn a_token_for_no_resource_has_no_audience_and_is_refused() {
    let Some(world) = World::start().await else {
        return;
    };
    let log = CapturedLog::start();
    let token = world.shop.client_credentials(None, "read").await.unwrap();
    let said = world.shop.introspect(&token).await.unwrap();
    assert_eq!((&said["active"], said.get("aud")), (&true.into(), None));
    for (way, service) in world.services() {
        get(&service, &token).await.assert_invalid_token();
        assert_eq!(log.last_rejection().unwrap().0, "wrong_audience", "{way}");
    }
    assert!(log.matching(Level::ERROR, "").is_empty());
}
