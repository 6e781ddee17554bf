//! An instance that starts late knows what the others know, or knows that it does not.

use std::time::Duration;

use http::StatusCode;
use portcullis_conformance::T0;
use redis::cmd;

use crate::{cluster::Cluster, instance::Instance};

#[tokio::test]
async fn one_that_starts_late_takes_over_what_the_others_know() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let [first] = cluster.instances().await;
    let began = first.complete_since();
    let (alice, hers) = cluster.login();
    let (_bob, his) = cluster.login();
    cluster.log_out(&alice, &first).await;
    cluster.pass(200);

    let late = cluster.instance().await;
    let calls = cluster.calls();
    assert_eq!(late.get(&hers).await, StatusCode::UNAUTHORIZED);
    assert_eq!(cluster.calls(), calls);
    cluster
        .until("a legacy", async || late.complete_since() == began)
        .await;
    assert_eq!(late.get(&his).await, StatusCode::OK);
    assert_eq!(cluster.calls(), calls);

    // And hands it on.
    drop(first);
    let latest = cluster.instance().await;
    let calls = cluster.calls();
    cluster
        .until("a legacy", async || latest.complete_since() == began)
        .await;
    assert_eq!(latest.get(&hers).await, StatusCode::UNAUTHORIZED);
    assert_eq!(cluster.calls(), calls);
}

#[tokio::test]
async fn where_nobody_lives_there_is_no_legacy_and_tokens_are_asked_about_once() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let [first] = cluster.instances().await;
    let (alice, hers) = cluster.login();
    let (silent, its) = cluster.login();
    let (_bob, his) = cluster.login();
    cluster.log_out(&alice, &first).await;
    first.close().await;
    drop(first);
    silent.end();
    cluster.pass(100);

    let late = cluster.instance().await;
    let began = late.complete_since();
    cluster.rounds_of_living(3).await;
    assert_eq!(late.complete_since(), began);
    cluster.pass(1);
    let calls = cluster.calls();
    assert_eq!(late.get(&hers).await, StatusCode::UNAUTHORIZED);
    assert_eq!(cluster.calls(), calls);
    assert_eq!(late.get(&its).await, StatusCode::UNAUTHORIZED);
    for _ in 0..2 {
        assert_eq!(late.get(&his).await, StatusCode::OK);
    }
    assert_eq!(cluster.calls(), calls + 2);
}

#[tokio::test]
async fn one_that_starts_before_it_can_read_anything_serves_no_ended_session() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let [first] = cluster.instances().await;
    let (alice, hers) = cluster.login();
    cluster.log_out(&alice, &first).await;
    let nowhere = "redis://127.0.0.1:1/";
    let late = Instance::start(cluster.issuer(), nowhere, &cluster.keys);
    assert_eq!(late.get(&hers).await, StatusCode::UNAUTHORIZED);
    assert_eq!(late.known(), 1);
}

#[tokio::test]
async fn nobody_takes_over_more_than_is_kept() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let [_first] = cluster.instances().await;
    // An hour for which tokens live, and half a minute for each of two clocks.
    cluster.pass(2 * 3600);
    let late = cluster.instance().await;
    let reach = i64::try_from(T0).unwrap() + 3600;
    cluster
        .until("a legacy", async || {
            late.complete_since().as_seconds() == reach
        })
        .await;
}

#[tokio::test]
async fn one_that_reads_for_the_first_time_long_after_its_start_vouches_for_nothing_before_that() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let [first] = cluster.instances().await;
    let url = cluster.users_url().await;
    cluster.permit("-hvals").await;
    let late = Instance::start(cluster.issuer(), &url, &cluster.keys);
    cluster.begin(&late).await;
    cluster.pass(60);
    let (alice, hers) = cluster.login();
    cluster.log_out(&alice, &first).await;
    let mut delete = cmd("XDEL");
    delete.arg(cluster.stream()).arg(cluster.ids().await);
    assert_eq!(cluster.run::<usize>(&delete).await, 1);
    cluster.pass(60);
    cluster.permit("+hvals").await;
    cluster
        .until("a record", async || cluster.records().await.len() == 2)
        .await;
    cluster.pass(1);
    assert_eq!(late.get(&hers).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn nobody_takes_over_more_than_the_others_remember() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let [first] = cluster.instances().await;
    let alice = cluster.world.server.login("alice");
    let hers = alice
        .token()
        .expires_in(Duration::from_secs(24 * 3600))
        .jwt();
    cluster.log_out(&alice, &first).await;
    // As long as the first remembers, and then what it need not remember is trimmed.
    cluster.pass(2 * 3600);
    let mut delete = cmd("XDEL");
    delete.arg(cluster.stream()).arg(cluster.ids().await);
    assert_eq!(cluster.run::<usize>(&delete).await, 1);
    cluster.rounds(2).await;

    let day = Duration::from_secs(24 * 3600);
    let settings = cluster.issuer().max_token_lifetime(day);
    let late = Instance::start(settings, &cluster.redis.url(), &cluster.keys);
    cluster.begin(&late).await;
    // An hour and twice the leeway.
    let reach = i64::try_from(T0).unwrap() + 60 + 2 * 3600 - 3660;
    cluster
        .until("a legacy", async || {
            late.complete_since().as_seconds() <= reach
        })
        .await;
    cluster.pass(1);
    assert_eq!(late.get(&hers).await, StatusCode::UNAUTHORIZED);
    assert_eq!(late.complete_since().as_seconds(), reach);
}
