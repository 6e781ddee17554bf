//! For how long a token is in doubt that was called inactive.

use std::time::Duration;

use http::StatusCode;
use portcullis_conformance::{T0, get, post_active, until};

use crate::{
    doubt_elsewhere::two,
    support::{SECOND, status},
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
