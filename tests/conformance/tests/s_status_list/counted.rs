//! What is counted of lists and of the tokens that name them.

use std::time::Duration;

use portcullis::StatusLists;
use portcullis_conformance::{Recorded, World};
use portcullis_testing::Fault;
use serde_json::json;

use crate::{
    host::{ListHost, token_of},
    support::Listed,
};

const LOOKUPS: &str = "portcullis_status_list_lookups_total";
const FETCHES: &str = "portcullis_status_list_fetches_total";

#[tokio::test]
async fn s7_what_lists_say_of_tokens_is_counted() {
    let recorded = Recorded::start();
    let listed = Listed::start().await;
    let issuer = listed.local.server().issuer().to_owned();
    let lookups = || {
        ["valid", "refused", "awaited", "unavailable"].map(|outcome| {
            recorded.seen(&format!(
                "{LOOKUPS}{{issuer={issuer:?},outcome={outcome:?}}}"
            ))
        })
    };
    let fetches =
        || ["fetched", "failed"].map(|outcome| recorded.outcomes(FETCHES, &issuer, outcome));
    assert_eq!(lookups(), [Some(0.0); 4]);
    listed.fail(Fault::status(500));
    let (token, revoked) = (listed.token(0).jwt(), listed.token(1).jwt());
    assert_eq!(listed.local.get(&token).await.status, 503);
    assert_eq!(listed.local.get(&token).await.status, 503);
    assert_eq!(fetches(), [0.0, 1.0]);
    listed.publish(&listed.list(&[0b10]));
    listed.local.world.clock.advance(Duration::from_secs(1));
    listed.local.accepts(&token, "valid").await;
    listed.local.accepts(&token, "valid").await;
    listed.local.refuses(&revoked, "invalid").await;
    let other = json!({"status_list": {"idx": 0, "uri": "https://evil.example/1"}});
    listed
        .local
        .refuses(&listed.referring(other).jwt(), "another place")
        .await;
    let without = listed.local.server().token().jwt();
    listed.local.accepts(&without, "not counted").await;
    assert_eq!(lookups(), [2.0, 2.0, 2.0, 1.0].map(Some));
    assert_eq!(fetches(), [1.0, 1.0]);
}

#[tokio::test]
async fn s8_what_is_kept_is_counted_and_what_had_to_make_room() {
    let recorded = Recorded::start();
    let lists = StatusLists::at_issuer().max_bytes(2500);
    let (_, local) = ListHost::serving(1000, lists).await;
    let issuer = local.server().issuer();
    let plain = |metric: &str| recorded.seen(&format!("{metric}{{issuer={issuer:?}}}"));
    let kept = || {
        let bytes = plain("portcullis_status_list_bytes");
        (bytes, plain("portcullis_status_list_evictions_total"))
    };
    assert_eq!(kept(), (Some(0.0), Some(0.0)));
    for (list, expected) in [(1, (1000.0, 0.0)), (2, (2000.0, 0.0)), (3, (2000.0, 1.0))] {
        local.accepts(&token_of(&local, list), "kept").await;
        let (bytes, evictions) = expected;
        assert_eq!(kept(), (Some(bytes), Some(evictions)), "{list}");
        local.world.clock.advance(Duration::from_secs(5));
    }
}

#[tokio::test]
async fn s7_nothing_is_counted_where_no_lists_are_looked_at() {
    let recorded = Recorded::start();
    let world = World::start().await;
    world.realm().build().unwrap();
    assert_eq!(recorded.series(LOOKUPS), [0.0; 0]);
}
