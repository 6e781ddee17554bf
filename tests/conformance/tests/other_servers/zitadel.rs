//! The zitadel library's example server: opaque tokens that are JWEs, inactive answers with other
//! members, profile claims at the top, no audience and no date of issue.

use http::StatusCode;
use portcullis::Issuer;
use portcullis_conformance::{CLIENT_ID, CLIENT_SECRET, T0, World, protected};
use serde_json::json;

use crate::support::{status, told};

#[tokio::test]
async fn e19_its_encrypted_tokens_are_opaque_by_a_switch() {
    let world = World::with(|server| server.issuer_path("/")).await;
    let zitadel = || {
        Issuer::builder(world.server.issuer())
            .unwrap()
            .danger_any_audience()
            .clock(world.clock.clone())
            .client_secret(CLIENT_ID, CLIENT_SECRET)
    };
    let token = "eyJhbGciOiJBMjU2R0NNS1ciLCJlbmMiOiJBMjU2R0NNIn0.a2V5.aXY.dGV4dA.dGFn";
    let answer = json!({
        "active": true, "client_id": "web", "exp": T0 + 300, "scope": "openid", "sub": "id1",
        "username": "alice@example.com", "email": "alice@example.com", "locale": "de",
    });
    world.server.set_introspection_answer(token, answer);
    let plain = zitadel().build().unwrap();
    assert_eq!(status(&protected(plain.hybrid()), token).await, 401);
    let issuer = zitadel().opaque_jwe().build().unwrap();
    assert_eq!(status(&protected(issuer.hybrid()), token).await, 200);

    let over = json!({"active": false, "exp": T0 + 300, "scope": "openid"});
    let reply = told(&world, issuer.introspection(), over).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
}
