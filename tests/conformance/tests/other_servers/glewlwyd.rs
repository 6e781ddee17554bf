//! glewlwyd: `bearer` in lower case, no issuer in its answers, and without a resource the scope as
//! the audience; `refresh_token` as the type of refresh tokens.

use http::StatusCode;
use portcullis_conformance::{AUDIENCE, T0, World};
use serde_json::json;

use crate::support::{asking, told};

#[tokio::test]
async fn d15_its_answers_need_no_switch() {
    let world = World::start().await;
    let issuer = asking(&world).build().unwrap();
    let answer = json!({
        "active": true, "client_id": "shop", "aud": AUDIENCE, "exp": T0 + 300, "iat": T0,
        "nbf": T0, "jti": "one", "scope": "read", "token_type": "bearer",
    });
    let reply = told(&world, issuer.introspection(), answer.clone()).await;
    assert_eq!(reply.status, StatusCode::OK);
    let but = |name: &str, value: &str| {
        let mut answer = answer.clone();
        answer[name] = json!(value);
        answer
    };
    for refused in [but("token_type", "refresh_token"), but("aud", "read")] {
        told(&world, issuer.introspection(), refused)
            .await
            .assert_invalid_token();
    }
}
