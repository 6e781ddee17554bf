//! Redis sees sealed bytes and names that say nothing.

use std::collections::HashMap;

use http::StatusCode;
use portcullis::StateKeys;
use redis::{Value, cmd};

use crate::{cluster::Cluster, instance::Instance};

const OLD: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const NEW: &str = "f0e1d2c3b4a5968778695a4b3c2d1e0ff0e1d2c3b4a5968778695a4b3c2d1e0f";

/// Every byte that Redis holds, names included.
async fn everything(cluster: &Cluster) -> Vec<u8> {
    let keys: Vec<String> = cluster.run(cmd("KEYS").arg("*")).await;
    let mut bytes = Vec::new();
    for key in keys {
        bytes.extend_from_slice(key.as_bytes());
        let kind: String = cluster.run(cmd("TYPE").arg(&key)).await;
        let read = match &*kind {
            "stream" => cmd("XRANGE").arg(&key).arg("-").arg("+").clone(),
            "hash" => cmd("HGETALL").arg(&key).clone(),
            _ => cmd("GET").arg(&key).clone(),
        };
        collect(&cluster.run(&read).await, &mut bytes);
    }
    bytes
}

fn collect(value: &Value, bytes: &mut Vec<u8>) {
    match value {
        Value::BulkString(text) => bytes.extend_from_slice(text),
        Value::Array(values) => values.iter().for_each(|value| collect(value, bytes)),
        other => bytes.extend_from_slice(format!("{other:?}").as_bytes()),
    }
}

#[tokio::test]
async fn nothing_that_means_anything_to_anybody_is_readable() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let [one, two] = cluster.instances().await;
    let (alice, hers) = cluster.login();
    let (bob, his) = cluster.login();
    assert_eq!(one.post_active(&his).await, StatusCode::OK);
    bob.end();
    assert_eq!(one.post_active(&his).await, StatusCode::UNAUTHORIZED);
    cluster.log_out(&alice, &one).await;
    cluster.until_known(&two, 2).await;
    cluster
        .until("facts, a stream and its writers", async || {
            let keys: Vec<String> = cluster.run(cmd("KEYS").arg("*")).await;
            keys.len() >= 3
        })
        .await;

    let bytes = everything(&cluster).await;
    let server = &cluster.world.server;
    let secrets = [
        &*hers,
        &his,
        alice.id(),
        bob.id(),
        server.issuer(),
        server.origin(),
    ];
    let words = [
        "alice",
        "orders",
        "realm",
        "session",
        "issued",
        "active",
        "http",
        "127.0.0.1",
        "test-app",
    ];
    let signatures = [&hers, &his].map(|token| token.rsplit_once('.').unwrap().1);
    for secret in secrets.iter().chain(&words).chain(&signatures) {
        let is_there = bytes
            .windows(secret.len())
            .any(|window| window == secret.as_bytes());
        assert!(!is_there, "{secret}");
    }
    assert!(bytes.len() > 500);
}

#[tokio::test]
async fn another_key_opens_nothing_and_harms_nobody() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let [one, two] = cluster.instances().await;
    let keys = StateKeys::from_hex(NEW).unwrap();
    let stranger = Instance::start(cluster.issuer(), &cluster.redis.url(), &keys);
    cluster.begin(&stranger).await;
    cluster
        .until("a third record", async || {
            cluster.records().await.len() == 3
        })
        .await;
    let (alice, _) = cluster.login();
    let (bob, _) = cluster.login();
    cluster.log_out(&alice, &one).await;
    cluster.log_out(&bob, &stranger).await;
    cluster.until_known(&two, 1).await;
    cluster.rounds(1).await;
    assert_eq!((two.known(), stranger.known()), (1, 1));
    assert_eq!(cluster.warnings(), Vec::<String>::new());
}

#[tokio::test]
async fn instances_change_from_one_key_to_the_next_without_losing_sight_of_each_other() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let keys = |first, second| {
        let keys = StateKeys::from_hex(first).unwrap();
        keys.or_previous_hex(second).unwrap()
    };
    let url = cluster.redis.url();
    let old = Instance::start(cluster.issuer(), &url, &keys(OLD, NEW));
    let new = Instance::start(cluster.issuer(), &url, &keys(NEW, OLD));
    for instance in [&old, &new] {
        cluster.begin(instance).await;
    }
    cluster
        .until("two records", async || cluster.records().await.len() == 2)
        .await;
    let (alice, _) = cluster.login();
    let (bob, _) = cluster.login();
    cluster.log_out(&alice, &old).await;
    cluster.log_out(&bob, &new).await;
    for instance in [&old, &new] {
        cluster.until_known(instance, 2).await;
    }
    assert_eq!(cluster.warnings(), Vec::<String>::new());
}

#[tokio::test]
async fn an_instance_needs_no_more_rights_than_the_readme_says() {
    let readme = include_str!("../../../../crates/portcullis-redis/README.md");
    let rights = readme.split_once("`~portcullis:*").unwrap().1;
    let rights = rights.split_once('`').unwrap().0.split_whitespace();
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let mut user = cmd("ACL");
    user.arg("SETUSER").arg("modest").arg("on").arg(">word");
    user.arg("~portcullis:*").arg(rights.collect::<Vec<_>>());
    cluster.run::<()>(&user).await;
    let url = cluster.redis.url().replace("://", "://modest:word@");
    let one = cluster.instance_at(&url).await;
    let two = cluster.instance_at(&url).await;
    cluster.pass(60);
    let (alice, hers) = cluster.login();
    assert_eq!(one.post_active(&hers).await, StatusCode::OK);
    cluster.log_out(&alice, &one).await;
    cluster.until_known(&two, 1).await;
    one.close().await;
    let denied: Vec<HashMap<String, Value>> = cluster.run(cmd("ACL").arg("LOG")).await;
    let objects = denied.iter().map(|entry| format!("{:?}", entry["object"]));
    // Who we are is told where it may be.
    let denied: Vec<_> = objects.filter(|it| !it.contains("setinfo")).collect();
    assert!(denied.is_empty(), "{denied:?}");
    assert_eq!(cluster.warnings(), Vec::<String>::new());
}
