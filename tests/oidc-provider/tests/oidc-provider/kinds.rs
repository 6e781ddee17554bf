//! Tokens of the server that are no access tokens.

use http::StatusCode;
use portcullis::Issuer;
use portcullis_conformance::{CapturedLog, get, protected};

use crate::world::{ORDERS, ORDERS_API, World, services};

#[tokio::test]
async fn a_refresh_token_is_active_and_no_access_token() {
    let Some(world) = World::start().await else {
        return;
    };
    let refresh = world.alice().await.refresh;
    let said = world.shop.introspect(&refresh).await.unwrap();
    // All that tells it from an access token.
    assert_eq!(said["active"], true);
    assert_eq!((said.get("token_type"), said.get("aud")), (None, None));
    for (_, service) in world.services() {
        get(&service, &refresh).await.assert_invalid_token();
    }
    // Where the audience does not keep it out, the operator can.
    let anywhere = Issuer::builder(world.server.issuer())
        .unwrap()
        .danger_any_audience()
        .client_secret(ORDERS_API.0, ORDERS_API.1)
        .access_tokens_have(["token_type"]);
    let (access, log) = (world.token(ORDERS).await, CapturedLog::start());
    for (way, service) in services(anywhere) {
        assert_eq!(get(&service, &access).await.status, StatusCode::OK, "{way}");
        get(&service, &refresh).await.assert_invalid_token();
        assert_eq!(
            log.last_rejection().unwrap().0,
            "not_an_access_token",
            "{way}"
        );
    }
}

#[tokio::test]
async fn an_id_token_is_refused_here_and_the_server_is_not_asked() {
    let Some(world) = World::start().await else {
        return;
    };
    let log = CapturedLog::start();
    let id = world.alice().await.id;
    let issuer = world.asking().build().unwrap();
    for service in [protected(issuer.jwt()), protected(issuer.hybrid())] {
        let reply = get(&service, &id).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
        assert_eq!(log.last_rejection().unwrap().0, "not_an_access_token");
    }
}
