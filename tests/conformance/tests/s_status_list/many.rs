//! S9, S12: an issuer with many lists, and how much of them is kept.

use std::time::Duration;

use portcullis::StatusLists;
use portcullis_conformance::{Crowd, T0, World, getting};

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

/// They hold the turns that there are for as long as they may.
#[tokio::test]
async fn s12_lists_that_never_come_keep_no_other_from_being_fetched() {
    const HANGING: usize = 100;
    let (host, local) = ListHost::serving(1, StatusLists::at_issuer()).await;
    host.hang_on_first(HANGING);
    tokio::time::pause();
    let tokens: Vec<_> = (0..HANGING).map(|list| token_of(&local, list)).collect();
    let waiting = Crowd::of(HANGING, |list| getting(local.router(), &tokens[list]));
    while host.fetches() < 8 {
        tokio::task::yield_now().await;
    }
    assert_eq!(host.fetches(), 8, "no more than so many at once");
    local
        .accepts(&token_of(&local, HANGING), "behind them")
        .await;
    for reply in waiting.replies().await {
        reply.assert_unavailable();
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

#[tokio::test]
async fn s8_no_more_is_kept_than_there_is_room_for() {
    const MEBIBYTE: usize = 1 << 20;
    let lists = StatusLists::at_issuer().max_bytes(3 * MEBIBYTE);
    let (host, local) = ListHost::serving(MEBIBYTE, lists).await;
    for list in 0..3 {
        local
            .accepts(&token_of(&local, list), "there is room")
            .await;
    }
    // Those came just now: who took their place would have them fetched again at once.
    let fourth = token_of(&local, 3);
    for _ in 0..3 {
        local.get(&fourth).await.assert_unavailable();
    }
    for list in 0..3 {
        local.accepts(&token_of(&local, list), "still here").await;
    }
    local.world.clock.advance(Duration::from_secs(4));
    local.get(&fourth).await.assert_unavailable();
    assert_eq!(host.fetches(), 4, "once in five seconds");
    local.world.clock.advance(Duration::from_secs(1));
    for list in [1, 2] {
        local.accepts(&token_of(&local, list), "in use").await;
    }
    local.accepts(&fourth, "in the place of the first").await;
    for list in 1..4 {
        local.accepts(&token_of(&local, list), "in use").await;
    }
    assert_eq!(host.fetches(), 5);
    local.world.clock.advance(Duration::from_secs(5));
    local.accepts(&token_of(&local, 0), "fetched again").await;
    assert_eq!(host.fetches(), 6);
}

#[tokio::test]
async fn s8_a_list_that_is_longer_than_all_room_is_not_unpacked() {
    let lists = StatusLists::at_issuer().max_bytes(1000);
    let (_, local) = ListHost::serving(1001, lists.clone()).await;
    local.get(&token_of(&local, 0)).await.assert_unavailable();
    let (_, local) = ListHost::serving(1000, lists).await;
    local.accepts(&token_of(&local, 0), "it fits").await;
}

/// What was revoked stays revoked while its list makes room for others.
#[tokio::test]
async fn s9_who_makes_room_is_remembered_by_its_date() {
    let lists = StatusLists::at_issuer().max_bytes(1000);
    let (host, local) = ListHost::serving(1000, lists).await;
    host.set_issued(T0 + 20);
    local.accepts(&token_of(&local, 0), "kept").await;
    local.world.clock.advance(Duration::from_secs(5));
    local.accepts(&token_of(&local, 1), "in its place").await;
    host.set_issued(T0 + 19);
    local.world.clock.advance(Duration::from_secs(5));
    local.get(&token_of(&local, 0)).await.assert_unavailable();
    host.set_issued(T0 + 20);
    local.world.clock.advance(Duration::from_secs(1));
    local.accepts(&token_of(&local, 0), "fetched again").await;
}

#[tokio::test]
async fn s8_room_for_nothing_fails_the_build() {
    let world = World::start().await;
    let lists = StatusLists::at_issuer().max_bytes(0);
    let error = world.realm().status_lists(lists).build().unwrap_err();
    assert!(error.to_string().contains("max_bytes"), "{error}");
}
