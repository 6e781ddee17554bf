//! S12: while a list cannot be had.

use std::time::Duration;

use portcullis::Reason;
use portcullis_testing::Fault;

use crate::support::Listed;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn s12_without_a_list_nobody_knows() {
    let listed = Listed::start().await;
    let token = listed.token(0).jwt();
    for fault in [
        Fault::status(500),
        Fault::status(404),
        Fault::status(204),
        Fault::drop_before_answer(),
        Fault::html(),
        Fault::endless_body(),
    ] {
        listed.fail(fault.clone());
        let reply = listed.local.get(&token).await;
        assert_eq!(reply.status, 503, "{fault:?}");
        reply.assert_unavailable();
        // Nobody asks again for a second.
        let before = listed.fetches();
        assert_eq!(listed.local.reason(&token).await, Reason::StatusUnavailable);
        assert_eq!(listed.fetches(), before, "{fault:?}");
        listed.local.world.clock.advance(SECOND);
    }
    listed.publish(&listed.list(&[0]));
    listed.local.accepts(&token, "healed").await;
}

#[tokio::test]
async fn s12_a_list_that_is_kept_serves_until_its_life_is_over() {
    let listed = Listed::start().await;
    let (good, bad) = (listed.token(0).jwt(), listed.token(1).jwt());
    listed.publish(&listed.list(&[0b10]));
    listed.local.accepts(&good, "before").await;
    listed.fail(Fault::status(503));
    listed.local.world.clock.advance(59 * SECOND);
    listed.local.accepts(&good, "kept").await;
    listed.local.refuses(&bad, "kept").await;
    listed.local.world.clock.advance(2 * SECOND);
    for token in [&good, &bad] {
        assert_eq!(listed.local.get(token).await.status, 503);
    }
    // Others do without it.
    let token = listed.local.server().token().jwt();
    listed.local.accepts(&token, "without a status").await;
    listed.publish(&listed.list(&[0b01]));
    listed.local.world.clock.advance(SECOND);
    listed.local.accepts(&bad, "healed").await;
    listed.local.refuses(&good, "healed").await;
}
