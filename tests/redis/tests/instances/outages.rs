//! Redis does not answer. Nobody waits for it, and what has to be told waits.

use std::time::Duration;

use http::StatusCode;
use portcullis::{Cause, Readiness};
use portcullis_redis_suite::Configuration;

use crate::{cluster::Cluster, log};

fn is_cut_off(readiness: &Readiness) -> bool {
    match readiness {
        Readiness::Degraded(causes) => causes.contains(&Cause::FeedSilent),
        _ => false,
    }
}

#[tokio::test]
async fn a_frozen_redis_holds_nobody_up_is_reported_and_its_return_leaves_no_doubt() {
    const PASSWORD: &str = "very-secret-word";
    let Some(cluster) = Cluster::with(Configuration::default().password(PASSWORD)).await else {
        return;
    };
    let [one, two] = cluster.instances().await;
    let (alice, hers) = cluster.login();
    let (_bob, his) = cluster.login();
    let since = two.complete_since();
    cluster.redis.freeze().unwrap();
    let logout = cluster.log_out(&alice, &one);
    tokio::time::timeout(Duration::from_secs(5), logout)
        .await
        .unwrap();
    assert_eq!(one.get(&hers).await, StatusCode::UNAUTHORIZED);
    let calls = cluster.calls();
    for _ in 0..100 {
        assert_eq!(two.get(&his).await, StatusCode::OK);
    }
    assert_eq!(cluster.calls(), calls);

    cluster
        .until("a report", async || is_cut_off(&two.readiness()))
        .await;
    cluster.redis.thaw().unwrap();
    cluster.until_known(&two, 1).await;
    cluster
        .until("a recovery", async || !is_cut_off(&two.readiness()))
        .await;
    assert_eq!(two.get(&hers).await, StatusCode::UNAUTHORIZED);
    assert_eq!(two.complete_since(), since);
    let log = log::all();
    assert!(!log.iter().any(|line| line.contains(PASSWORD)));
    assert!(!format!("{:?}", one.redis).contains(PASSWORD));
}

#[tokio::test]
async fn many_notices_wait_for_redis_and_all_of_them_arrive() {
    let Some(mut cluster) = Cluster::start().await else {
        return;
    };
    let [one, two] = cluster.instances().await;
    cluster.redis.stop().await.unwrap();
    for _ in 0..50 {
        let (session, _) = cluster.login();
        cluster.log_out(&session, &one).await;
    }
    assert_eq!((one.known(), two.known()), (50, 0));
    cluster.redis.start_again().await.unwrap();
    cluster.until_known(&two, 50).await;
    cluster.rounds(2).await;
    let doubts = cluster.warnings();
    assert!(
        !doubts.iter().any(|line| line.contains("missed")),
        "{doubts:?}"
    );
}
