//! Who can write to Redis can cost calls. He cannot hide news without being noticed: whatever he
//! deletes, keeps back or plays again ends harmlessly, or as a doubt.

use http::StatusCode;
use redis::cmd;

use crate::{
    cluster::Cluster,
    instance::{Instance, Stall},
};

/// One who writes, and one who reads nothing until its stall ends.
async fn writer_and_stalled() -> Option<(Cluster, Instance, Instance, Stall)> {
    let cluster = Cluster::start().await?;
    let writer = cluster.instance().await;
    let (reader, stall) = cluster.stalled().await;
    cluster.pass(60);
    Some((cluster, writer, reader, stall))
}

/// Logs out of so many sessions at an instance, and gives back a token of each.
async fn log_out(cluster: &Cluster, instance: &Instance, sessions: usize) -> Vec<String> {
    let mut tokens = Vec::new();
    for _ in 0..sessions {
        let (session, token) = cluster.login();
        cluster.log_out(&session, instance).await;
        tokens.push(token);
    }
    tokens
}

async fn delete(cluster: &Cluster, ids: &[String]) {
    let deleted: usize = cluster
        .run(cmd("XDEL").arg(cluster.stream()).arg(ids))
        .await;
    assert_eq!(deleted, ids.len());
}

/// The instance has noticed, and why; it asks about what it may have missed, and does not notice the
/// same again.
async fn assert_doubt(cluster: &Cluster, instance: &Instance, why: &str, hidden: &str) {
    cluster.until_in_doubt(instance).await;
    cluster.pass(1);
    assert_eq!(instance.get(hidden).await, StatusCode::UNAUTHORIZED);
    let warnings = cluster.warnings();
    let [warning] = &warnings[..] else {
        panic!("{warnings:?}");
    };
    assert!(warning.contains(why), "{warning}");
    let since = instance.complete_since();
    cluster.pass(60);
    cluster.rounds(2).await;
    assert_eq!(instance.complete_since(), since);
    assert_eq!(cluster.warnings().len(), 1);
}

#[tokio::test]
async fn an_entry_that_was_deleted_from_the_middle_is_missed() {
    let Some((cluster, writer, reader, stall)) = writer_and_stalled().await else {
        return;
    };
    let tokens = log_out(&cluster, &writer, 3).await;
    let ids = cluster.ids().await;
    delete(&cluster, &ids[1..2]).await;
    cluster.pass(60);
    drop(stall);
    assert_doubt(&cluster, &reader, "are missing", &tokens[1]).await;
}

#[tokio::test]
async fn an_entry_that_was_deleted_from_the_end_is_missed() {
    let Some((cluster, writer, reader, stall)) = writer_and_stalled().await else {
        return;
    };
    let tokens = log_out(&cluster, &writer, 1).await;
    delete(&cluster, &cluster.ids().await).await;
    cluster.pass(60);
    drop(stall);
    assert_doubt(&cluster, &reader, "are missing", &tokens[0]).await;
}

#[tokio::test]
async fn one_that_was_away_for_longer_than_the_stream_reaches_back_notices() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let writer = cluster.instance().await;
    log_out(&cluster, &writer, 1).await;
    let (reader, stall) = cluster.stalled().await;
    cluster.pass(60);
    let tokens = log_out(&cluster, &writer, 2).await;
    let last = cluster.ids().await.pop().unwrap();
    let mut trim = cmd("XTRIM");
    trim.arg(cluster.stream()).arg("MINID").arg(last);
    assert_eq!(cluster.run::<usize>(&trim).await, 2);
    cluster.pass(60);
    drop(stall);
    assert_doubt(&cluster, &reader, "were trimmed", &tokens[0]).await;
}

#[tokio::test]
async fn a_writer_that_is_hidden_behind_its_old_record_counts_as_silent() {
    let Some((cluster, writer, reader, stall)) = writer_and_stalled().await else {
        return;
    };
    let old = cluster.records().await;
    let tokens = log_out(&cluster, &writer, 1).await;
    delete(&cluster, &cluster.ids().await).await;
    // Whoever plays the old record again must be faster than the writer each time.
    let _slow = writer.stall().await;
    for (place, record) in old {
        let mut replay = cmd("HSET");
        replay.arg(cluster.writers()).arg(place).arg(record);
        assert_eq!(cluster.run::<usize>(&replay).await, 0);
    }
    cluster.pass(60);
    drop(stall);
    cluster.until_in_doubt(&reader).await;
    assert_eq!(reader.get(&tokens[0]).await, StatusCode::UNAUTHORIZED);
    let warnings = cluster.warnings();
    assert!(
        warnings.len() == 1 && warnings[0].contains("fallen silent"),
        "{warnings:?}"
    );
}

#[tokio::test]
async fn news_that_a_writer_cannot_write_is_missed() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let reader = cluster.instance().await;
    let writer = cluster.known_user().await;
    cluster.pass(60);
    cluster.permit("-xadd").await;
    let tokens = log_out(&cluster, &writer, 1).await;
    cluster.pass(60);
    cluster.until_in_doubt(&reader).await;
    assert_eq!(reader.known(), 0);
    cluster.pass(1);
    assert_eq!(reader.get(&tokens[0]).await, StatusCode::UNAUTHORIZED);

    cluster.permit("+xadd").await;
    cluster
        .until("the news", async || !cluster.ids().await.is_empty())
        .await;
    cluster.rounds(1).await;
    assert!(reader.known() >= 2);
}

#[tokio::test]
async fn what_is_deleted_once_it_was_read_harms_nobody_and_is_handed_on_by_nobody() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let [writer, reader] = cluster.instances().await;
    let tokens = log_out(&cluster, &writer, 3).await;
    cluster.until_known(&reader, 3).await;
    let since = reader.complete_since();
    let ids = cluster.ids().await;
    delete(&cluster, &ids[..1]).await;
    cluster.pass(60);
    cluster.rounds(2).await;
    assert_eq!(reader.complete_since(), since);
    assert_eq!(cluster.warnings(), Vec::<String>::new());

    let late = cluster.instance().await;
    let began = late.complete_since();
    cluster.rounds(3).await;
    assert_eq!((late.known(), late.complete_since()), (2, began));
    assert_eq!(late.get(&tokens[0]).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_entry_that_is_played_again_changes_nothing() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let [writer, reader] = cluster.instances().await;
    log_out(&cluster, &writer, 2).await;
    cluster.until_known(&reader, 2).await;
    let since = reader.complete_since();
    let mut range = cmd("XRANGE");
    range.arg(cluster.stream()).arg("-").arg("+");
    let entries: Vec<(String, Vec<Vec<u8>>)> = cluster.run(&range).await;
    for (_, members) in entries.into_iter().rev() {
        let mut again = cmd("XADD");
        again.arg(cluster.stream()).arg("*").arg(members);
        cluster.run::<String>(&again).await;
    }
    cluster.pass(60);
    cluster.rounds(2).await;
    assert_eq!((reader.known(), reader.complete_since()), (2, since));
    assert_eq!(cluster.warnings(), Vec::<String>::new());
}

#[tokio::test]
async fn what_nobody_has_sealed_changes_nothing() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let [writer, reader] = cluster.instances().await;
    let since = reader.complete_since();
    let records = cluster.records().await;
    let (place, record) = records.iter().next().unwrap();
    for (field, value) in [("entry", &b"garbage"[..]), ("", b""), ("entry", record)] {
        let mut add = cmd("XADD");
        add.arg(cluster.stream()).arg("*").arg(field).arg(value);
        cluster.run::<String>(&add).await;
    }
    let elsewhere = place.chars().rev().collect::<String>();
    let mut set = cmd("HSET");
    set.arg(cluster.writers()).arg("garbage").arg("garbage");
    set.arg(elsewhere).arg(&record[..]);
    cluster.run::<usize>(&set).await;
    cluster.pass(60);
    log_out(&cluster, &writer, 1).await;
    cluster.until_known(&reader, 1).await;
    assert_eq!(reader.complete_since(), since);
    assert_eq!(cluster.warnings(), Vec::<String>::new());
}

/// An instance whose clock is ahead by so many seconds.
async fn ahead(cluster: &Cluster, seconds: u64) -> Instance {
    let clock = portcullis::ManualClock::at(portcullis_conformance::T0 + 60 + seconds);
    let hasty = Instance::start(
        cluster.issuer().clock(clock),
        &cluster.redis.url(),
        &cluster.keys,
    );
    cluster.begin(&hasty).await;
    hasty
}

#[tokio::test]
async fn one_whose_clock_is_ahead_by_the_leeway_is_believed() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let [reader] = cluster.instances().await;
    let hasty = ahead(&cluster, 30).await;
    let tokens = log_out(&cluster, &hasty, 1).await;
    cluster.until_known(&reader, 1).await;
    assert_eq!(reader.get(&tokens[0]).await, StatusCode::UNAUTHORIZED);
    assert_eq!(cluster.warnings(), Vec::<String>::new());
}

#[tokio::test]
async fn one_whose_clock_is_ahead_by_more_is_not_believed_and_not_overlooked() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let [reader] = cluster.instances().await;
    let hasty = ahead(&cluster, 40).await;
    let tokens = log_out(&cluster, &hasty, 1).await;
    cluster
        .until("a doubt", async || !cluster.warnings().is_empty())
        .await;
    assert_eq!(reader.known(), 0);
    cluster.until_in_doubt(&reader).await;
    assert_eq!(reader.get(&tokens[0]).await, StatusCode::UNAUTHORIZED);
}
