//! What one instance learns reaches the others, and nobody asks the server.

use http::StatusCode;

use crate::{cluster::Cluster, instance::Instance};

#[tokio::test]
async fn one_notice_reaches_every_instance_and_costs_no_call() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let [one, two, three] = cluster.instances().await;
    let (alice, hers) = cluster.login();
    let (_bob, his) = cluster.login();
    for instance in [&one, &two, &three] {
        assert_eq!(instance.get(&hers).await, StatusCode::OK);
    }
    let calls = cluster.calls();
    cluster.log_out(&alice, &one).await;
    assert_eq!(one.get(&hers).await, StatusCode::UNAUTHORIZED);
    for instance in [&two, &three] {
        cluster.until_known(instance, 1).await;
        assert_eq!(instance.get(&hers).await, StatusCode::UNAUTHORIZED);
        assert_eq!(instance.get(&his).await, StatusCode::OK);
    }
    assert_eq!(cluster.calls(), calls);
    assert_eq!(cluster.warnings(), Vec::<String>::new());
}

#[tokio::test]
async fn an_answer_that_a_token_is_inactive_has_the_others_ask_about_it() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let [one, two] = cluster.instances().await;
    let (alice, hers) = cluster.login();
    assert_eq!(two.get(&hers).await, StatusCode::OK);
    alice.end();
    assert_eq!(two.get(&hers).await, StatusCode::OK);
    assert_eq!(one.post_active(&hers).await, StatusCode::UNAUTHORIZED);
    cluster.until_known(&two, 1).await;
    assert_eq!(two.get(&hers).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn news_of_one_issuer_says_nothing_to_another() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let [one] = cluster.instances().await;
    let other = portcullis_conformance::World::start().await;
    let stranger = Instance::over(other.asking(), &one.redis, &cluster.keys);
    let token = other.server.login("alice").token().jwt();
    assert_eq!(stranger.get(&token).await, StatusCode::OK);
    let (alice, _) = cluster.login();
    cluster.log_out(&alice, &one).await;
    cluster.rounds(1).await;
    assert_eq!((one.known(), stranger.known()), (1, 0));
}

#[tokio::test]
async fn two_issuers_of_one_process_hear_the_same_and_one_speaks_for_both() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let [one, far] = cluster.instances().await;
    let two = Instance::over(cluster.issuer(), &one.redis, &cluster.keys);
    cluster.begin(&two).await;
    let (alice, _) = cluster.login();
    cluster.log_out(&alice, &two).await;
    for instance in [&one, &far] {
        cluster.until_known(instance, 1).await;
    }
    assert_eq!(cluster.records().await.len(), 2);

    // The one that spoke is gone, and the other speaks: nobody is missed.
    drop(one);
    cluster.rounds(7).await;
    let (bob, _) = cluster.login();
    cluster.log_out(&bob, &two).await;
    cluster.until_known(&far, 2).await;
    assert_eq!(cluster.warnings(), Vec::<String>::new());
}
