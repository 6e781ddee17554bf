//! An instance ends: in good order, or not.

use http::StatusCode;
use redis::cmd;

use crate::cluster::Cluster;

#[tokio::test]
async fn one_that_dies_is_missed_once_and_one_that_has_said_farewell_is_not() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let [polite, sudden, left] = cluster.instances().await;
    let (_alice, hers) = cluster.login();
    let calls = cluster.calls();
    cluster.pass(60);
    polite.close().await;
    drop(polite);
    // Two renew their records: for as long as the first would have had to be silent.
    cluster.rounds_of_living(14).await;
    assert_eq!(cluster.warnings(), Vec::<String>::new());
    drop(sudden);
    cluster.until_in_doubt(&left).await;
    let warnings = cluster.warnings();
    assert!(
        warnings.len() == 1 && warnings[0].contains("fallen silent"),
        "{warnings:?}"
    );
    cluster.pass(1);
    for _ in 0..2 {
        assert_eq!(left.get(&hers).await, StatusCode::OK);
        assert_eq!(cluster.calls(), calls + 1);
    }
}

#[tokio::test]
async fn a_farewell_waits_for_what_has_to_be_told() {
    let Some(mut cluster) = Cluster::start().await else {
        return;
    };
    let [one, two] = cluster.instances().await;
    let (alice, _) = cluster.login();
    cluster.redis.stop().await.unwrap();
    cluster.log_out(&alice, &one).await;
    let farewell = one.close();
    let back = async { cluster.redis.start_again().await.unwrap() };
    let ((), ()) = tokio::join!(farewell, back);
    drop(one);
    cluster.until_known(&two, 1).await;
}

#[tokio::test]
async fn a_farewell_without_redis_ends_all_the_same_and_is_logged() {
    let Some(mut cluster) = Cluster::start().await else {
        return;
    };
    let [one] = cluster.instances().await;
    cluster.redis.kill();
    one.close().await;
    let warnings = cluster.warnings();
    assert!(
        warnings
            .iter()
            .any(|line| line.contains("took no farewell")),
        "{warnings:?}"
    );
}

#[tokio::test]
async fn who_cannot_tell_what_it_has_to_tell_says_no_farewell() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let one = cluster.known_user().await;
    cluster.permit("-xadd").await;
    let (alice, _) = cluster.login();
    cluster.log_out(&alice, &one).await;
    one.close().await;
    let warnings = cluster.warnings();
    assert!(
        warnings
            .iter()
            .any(|line| line.contains("took no farewell")),
        "{warnings:?}"
    );
}

#[tokio::test]
async fn one_that_came_and_died_while_another_could_not_look_is_missed() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let reader = cluster.known_user().await;
    cluster.pass(60);
    cluster.permit("-hvals").await;
    // What is under way may still be answered.
    cluster
        .run::<()>(
            cmd("CLIENT")
                .arg("KILL")
                .arg("TYPE")
                .arg("normal")
                .arg("SKIPME")
                .arg("yes"),
        )
        .await;
    let dead = cluster.instance().await;
    let before = cluster.records().await;
    let (alice, hers) = cluster.login();
    cluster.log_out(&alice, &dead).await;
    drop(dead);
    // As if it had died before it could write.
    cluster.run::<()>(cmd("DEL").arg(cluster.stream())).await;
    for (place, record) in before {
        let mut replay = cmd("HSET");
        replay.arg(cluster.writers()).arg(place).arg(record);
        cluster.run::<usize>(&replay).await;
    }
    cluster.pass(60);
    cluster.permit("+hvals").await;
    cluster.until_in_doubt(&reader).await;
    assert_eq!(reader.get(&hers).await, StatusCode::UNAUTHORIZED);
}
