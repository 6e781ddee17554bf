//! Redis forgets: everything, or the last of it. Each instance writes again what it has written.

use http::StatusCode;
use portcullis_redis_suite::{Configuration, RedisServer};
use redis::cmd;

use crate::cluster::{Cluster, new_user};

/// What was there before the reset reaches one that starts after it, and nobody has a doubt.
async fn assert_whole(cluster: &Cluster, tokens: &[String]) {
    cluster
        .until("the entries", async || {
            cluster.ids().await.len() >= tokens.len()
        })
        .await;
    let late = cluster.instance().await;
    let calls = cluster.calls();
    for token in tokens {
        assert_eq!(late.get(token).await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(cluster.calls(), calls);
    let doubts = cluster.warnings();
    let mut doubts = doubts.iter().filter(|line| line.contains("missed"));
    assert_eq!(doubts.next(), None);
}

/// The replica takes the place of the master, with what it holds.
async fn fail_over(cluster: &mut Cluster, mut replica: RedisServer) {
    let spare = RedisServer::start(Configuration::default()).await.unwrap();
    let master = std::mem::replace(&mut cluster.redis, spare);
    let address = master.url();
    replica.take_over(master).await.unwrap();
    cluster.redis = replica;
    assert_eq!(cluster.redis.url(), address);
}

#[tokio::test]
async fn after_a_flush_everything_is_written_again() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let [one, two] = cluster.instances().await;
    let (alice, hers) = cluster.login();
    let (bob, his) = cluster.login();
    cluster.log_out(&alice, &one).await;
    cluster.log_out(&bob, &two).await;
    for instance in [&one, &two] {
        cluster.until_known(instance, 2).await;
    }
    cluster.pass(60);
    cluster.redis.flush().await.unwrap();
    assert_whole(&cluster, &[hers, his]).await;
}

#[tokio::test]
async fn a_flush_that_something_was_written_after_is_noticed_as_well() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let [one, two] = cluster.instances().await;
    let mut tokens = Vec::new();
    for instance in [&one, &two, &one] {
        let (session, token) = cluster.login();
        cluster.log_out(&session, instance).await;
        tokens.push(token);
    }
    cluster.until_known(&two, 3).await;
    cluster.redis.flush().await.unwrap();
    let (carol, hers) = cluster.login();
    cluster.log_out(&carol, &one).await;
    tokens.push(hers);
    assert_whole(&cluster, &tokens).await;
}

#[tokio::test]
async fn what_only_a_dead_instance_had_written_is_missed() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let dead = cluster.instance().await;
    let (reader, stall) = cluster.stalled().await;
    cluster.pass(60);
    let (alice, hers) = cluster.login();
    cluster.log_out(&alice, &dead).await;
    drop(dead);
    cluster.redis.flush().await.unwrap();
    cluster.pass(60);
    drop(stall);
    cluster.until_in_doubt(&reader).await;
    assert_eq!(reader.get(&hers).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_failover_that_lost_the_last_entries_is_made_good() {
    let Some(mut cluster) = Cluster::start().await else {
        return;
    };
    let replica = RedisServer::start_replica_of(&cluster.redis).await.unwrap();
    let [one, two] = cluster.instances().await;
    let (alice, hers) = cluster.login();
    let (bob, his) = cluster.login();
    cluster.log_out(&alice, &one).await;
    replica.wait_for_master(&cluster.redis).await.unwrap();
    replica.pause_replication().await.unwrap();
    cluster.log_out(&bob, &one).await;
    cluster.until_known(&two, 2).await;
    cluster.pass(60);

    fail_over(&mut cluster, replica).await;
    assert_whole(&cluster, &[hers, his]).await;
}

#[tokio::test]
async fn a_failover_that_lost_what_one_has_not_read_is_made_good() {
    let Some(mut cluster) = Cluster::start().await else {
        return;
    };
    let replica = RedisServer::start_replica_of(&cluster.redis).await.unwrap();
    replica.run::<()>(&new_user()).await.unwrap();
    let one = cluster.instance().await;
    let (two, stall) = cluster.stalled().await;
    cluster.pass(60);
    replica.wait_for_master(&cluster.redis).await.unwrap();
    replica.pause_replication().await.unwrap();
    let (bob, his) = cluster.login();
    cluster.log_out(&bob, &one).await;
    cluster.pass(60);

    fail_over(&mut cluster, replica).await;
    drop(stall);
    cluster.until_known(&two, 1).await;
    let calls = cluster.calls();
    assert_eq!(two.get(&his).await, StatusCode::UNAUTHORIZED);
    assert_eq!(cluster.calls(), calls);
}

#[tokio::test]
async fn a_failover_that_others_have_written_over_is_made_good() {
    let Some(mut cluster) = Cluster::start().await else {
        return;
    };
    let replica = RedisServer::start_replica_of(&cluster.redis).await.unwrap();
    let [one, two] = cluster.instances().await;
    replica.wait_for_master(&cluster.redis).await.unwrap();
    replica.pause_replication().await.unwrap();
    let mut tokens = Vec::new();
    let (alice, hers) = cluster.login();
    cluster.log_out(&alice, &one).await;
    tokens.push(hers);
    cluster.until_known(&two, 1).await;
    let stall = one.stall().await;
    fail_over(&mut cluster, replica).await;
    for _ in 0..3 {
        let (session, token) = cluster.login();
        cluster.log_out(&session, &two).await;
        tokens.push(token);
    }
    cluster
        .until("the new entries", async || cluster.ids().await.len() == 3)
        .await;
    drop(stall);
    assert_whole(&cluster, &tokens).await;
}

#[tokio::test]
async fn a_redis_that_is_killed_and_started_again_is_filled_again() {
    let Some(mut cluster) = Cluster::start().await else {
        return;
    };
    let [one, two] = cluster.instances().await;
    let (alice, hers) = cluster.login();
    let (bob, his) = cluster.login();
    cluster.log_out(&alice, &one).await;
    cluster.until_known(&two, 1).await;
    cluster.redis.kill();
    cluster.log_out(&bob, &two).await;
    assert_eq!(one.known(), 1);
    cluster.redis.start_again().await.unwrap();
    cluster.until_known(&one, 2).await;
    assert_whole(&cluster, &[hers, his]).await;
}

#[tokio::test]
async fn a_whole_database_that_is_played_back_is_put_right() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let [one, two] = cluster.instances().await;
    let (alice, hers) = cluster.login();
    cluster.log_out(&alice, &one).await;
    let mut dumps = Vec::new();
    for key in [cluster.stream(), cluster.writers()] {
        let dump: Vec<u8> = cluster.run(cmd("DUMP").arg(&key)).await;
        dumps.push((key, dump));
    }
    let (bob, his) = cluster.login();
    cluster.log_out(&bob, &one).await;
    cluster.until_known(&two, 2).await;
    cluster.pass(60);
    for (key, dump) in dumps {
        let mut restore = cmd("RESTORE");
        restore.arg(key).arg(0).arg(dump).arg("REPLACE");
        cluster.run::<()>(&restore).await;
    }
    assert_whole(&cluster, &[hers, his]).await;
    assert!(two.known() >= 2);
}
