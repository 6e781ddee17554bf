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

async fn until_kept(cluster: &Cluster) {
    cluster
        .until("shared facts", async || {
            let pattern = "portcullis:1:facts:*";
            let keys: Vec<String> = cluster.run(cmd("KEYS").arg(pattern)).await;
            !keys.is_empty()
        })
        .await;
}

#[tokio::test]
async fn two_instances_ask_once() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let [one, two] = cluster.instances().await;
    let token = cluster.world.server.login("alice").token().opaque();
    let calls = cluster.calls();
    assert_eq!(get(&opaque(&one), &token).await.status, StatusCode::OK);
    assert_eq!(cluster.calls(), calls + 1);
    until_kept(&cluster).await;
    assert_eq!(get(&opaque(&two), &token).await.status, StatusCode::OK);
    assert_eq!(cluster.calls(), calls + 1);
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
    cluster.pass(60);
    let token = cluster.world.server.login("alice").token().opaque();
    let calls = cluster.calls();
    assert_eq!(get(&opaque(&one), &token).await.status, StatusCode::OK);
    until_kept(&cluster).await;
    assert_eq!(get(&opaque(&stranger), &token).await.status, StatusCode::OK);
    assert_eq!(cluster.calls(), calls + 2);
}
