//! For how long a token is in doubt that was called inactive.

use std::time::Duration;

use http::StatusCode;
use portcullis_conformance::{AUDIENCE, T0, get, post_active, until};
use serde_json::json;

use crate::{
    doubt_elsewhere::{two, two_that_keep_answers},
    support::{MINUTE, SECOND, status},
};

/// As all else that is known of a token.
#[tokio::test]
async fn a_clock_that_is_set_back_by_half_a_minute_makes_no_token_good_again() {
    for life in 85..95 {
        let (world, one, other, _) = two().await;
        let now = T0 + 60;
        let lifetime = Duration::from_secs(life);
        let token = world.server.token().expires_in(lifetime).jwt();
        assert_eq!(status(&other.jwt, &token).await, StatusCode::OK);
        world.server.revoke(&token);
        post_active(&one.hybrid, &token)
            .await
            .assert_invalid_token();
        until(|| !other.issuer.revocations().is_empty()).await;
        // Its end, and what is tolerated of clocks.
        world.clock.advance(lifetime + 31 * SECOND);
        world.clock.jump_to(now + life + 1);
        for instance in [&one, &other] {
            get(&instance.jwt, &token).await.assert_invalid_token();
        }
    }
}

/// Its server may say later that it ends later, and may have said so elsewhere.
#[tokio::test]
async fn an_opaque_token_whose_end_was_moved_elsewhere_is_in_doubt_there_until_then() {
    let (world, one, other) = two_that_keep_answers().await;
    let token = "a-session-that-slides";
    let say = |answer| world.server.set_introspection_answer(token, answer);
    let ending = |exp| {
        let issuer = world.server.issuer();
        json!({"active": true, "iss": issuer, "aud": AUDIENCE, "jti": "a", "iat": T0 + 60, "exp": exp})
    };
    say(ending(T0 + 120));
    assert_eq!(status(&one.hybrid, token).await, StatusCode::OK);
    say(ending(T0 + 600));
    assert_eq!(status(&other.hybrid, token).await, StatusCode::OK);
    say(json!({"active": false}));
    post_active(&one.hybrid, token).await.assert_invalid_token();
    until(|| !other.issuer.revocations().is_empty()).await;
    world.clock.advance(5 * MINUTE);
    get(&other.hybrid, token).await.assert_invalid_token();
}
