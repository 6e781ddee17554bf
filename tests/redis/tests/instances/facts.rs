//! What one instance was answered, the others need not ask for.

use axum::{Router, routing};
use http::StatusCode;
use portcullis::{AuthenticateLayer, StateKeys};
use portcullis_conformance::get;
use redis::cmd;

use crate::{cluster::Cluster, instance::Instance};

fn opaque(instance: &Instance) -> Router {
    Router::new()
        .route("/", routing::get(|| async {}))
        .layer(AuthenticateLayer::new(instance.issuer.introspection()))
}

/// Has one instance asked about a new token, and another use it. How often was the server asked?
async fn calls_for_both(cluster: &Cluster, one: &Instance, other: &Instance) -> usize {
    let token = cluster.world.server.login("alice").token().opaque();
    let (calls, kept) = (cluster.calls(), kept(cluster).await);
    assert_eq!(get(&opaque(one), &token).await.status, StatusCode::OK);
    cluster
        .until("shared facts", async || self::kept(cluster).await > kept)
        .await;
    assert_eq!(get(&opaque(other), &token).await.status, StatusCode::OK);
    cluster.calls() - calls
}

async fn kept(cluster: &Cluster) -> usize {
    let pattern = "portcullis:1:facts:*";
    let names: Vec<String> = cluster.run(cmd("KEYS").arg(pattern)).await;
    names.len()
}

#[tokio::test]
async fn two_instances_ask_once() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let [one, two] = cluster.instances().await;
    // Redis is waited for for a tenth of a second only, and this machine may be busy.
    cluster
        .until("one call for both", async || {
            calls_for_both(&cluster, &one, &two).await == 1
        })
        .await;
}

#[tokio::test]
async fn what_another_key_has_sealed_is_asked_for_again() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let [one] = cluster.instances().await;
    let keys = StateKeys::from_hex(&"0f".repeat(32)).unwrap();
    let stranger = Instance::start(cluster.issuer(), &cluster.redis.url(), &keys);
    cluster.begin(&stranger).await;
    cluster
        .until("a second record", async || {
            cluster.records().await.len() == 2
        })
        .await;
    cluster.pass(60);
    assert_eq!(calls_for_both(&cluster, &one, &stranger).await, 2);
}
