//! S9, S12: an issuer with many lists, and how much of them is kept.

use std::time::Duration;

use portcullis::StatusLists;

use crate::host::{ListHost, token_of};

#[tokio::test]
async fn s9_many_lists_are_kept_side_by_side() {
    let (host, local) = ListHost::serving(1, StatusLists::at_issuer()).await;
    for round in 0..3 {
        for list in 0..100 {
            let case = format!("list {list}, round {round}");
            local.accepts(&token_of(&local, list), &case).await;
        }
        assert_eq!(host.fetches(), 100, "{round}");
    }
}

#[tokio::test]
async fn s12_of_many_lists_that_cannot_be_had_each_is_asked_for_once_a_second() {
    let (host, local) = ListHost::serving(1, StatusLists::at_issuer()).await;
    host.set_away(true);
    for round in 1..4 {
        for _ in 0..3 {
            for list in 0..100 {
                let reply = local.get(&token_of(&local, list)).await;
                assert_eq!(reply.status, 503, "{list}");
            }
        }
        assert_eq!(host.fetches(), 100 * round);
        local.world.clock.advance(Duration::from_secs(1));
    }
}

#[tokio::test]
async fn s9_what_was_fetched_just_now_gives_way_to_no_other_list() {
    const MOST: usize = 4096;
    let (host, local) = ListHost::serving(1, StatusLists::at_issuer()).await;
    for list in 0..MOST {
        local
            .accepts(&token_of(&local, list), "as many as there may be")
            .await;
    }
    let one_more = token_of(&local, MOST);
    local.get(&one_more).await.assert_unavailable();
    assert_eq!(host.fetches(), MOST);
    // The one that was not needed for longest gives way.
    local.world.clock.advance(Duration::from_secs(5));
    local.accepts(&token_of(&local, 0), "in use").await;
    local.accepts(&one_more, "one more").await;
    local.accepts(&token_of(&local, 0), "still here").await;
    assert_eq!(host.fetches(), MOST + 1);
    local.accepts(&token_of(&local, 1), "fetched again").await;
    assert_eq!(host.fetches(), MOST + 2);
}
