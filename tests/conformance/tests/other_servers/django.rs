//! django-oauth-toolkit: metadata in RFC 8414's place alone, answers without issuer, audience,
//! subject and date of issue.

use http::StatusCode;
use portcullis::Issuer;
use portcullis_conformance::{CLIENT_ID, CLIENT_SECRET, T0, World};
use portcullis_testing::WellKnown;
use serde_json::json;

use crate::support::{asking, told};

#[tokio::test]
async fn d12_an_answer_without_an_audience_needs_it_waived() {
    let world = World::start().await;
    let openid = WellKnown::OpenIdConfiguration;
    world.server.serve_well_known(openid, false);
    let answer = json!({
        "active": true, "scope": "read", "exp": T0 + 300, "client_id": "shop", "username": "alice",
    });
    let strict = asking(&world).build().unwrap();
    told(&world, strict.introspection(), answer.clone())
        .await
        .assert_invalid_token();

    let waived = Issuer::builder(world.server.issuer())
        .unwrap()
        .danger_any_audience()
        .clock(world.clock.clone())
        .client_secret(CLIENT_ID, CLIENT_SECRET)
        .build()
        .unwrap();
    let reply = told(&world, waived.introspection(), answer).await;
    assert_eq!(reply.status, StatusCode::OK);
}
