//! What is too old to matter is cleared away, and nothing else.

use redis::{cmd, pipe};

use crate::cluster::Cluster;

#[tokio::test]
async fn old_entries_and_the_records_of_those_long_dead_are_removed() {
    const OLD: usize = 250;
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let mut connection = cluster.redis.connect().await.unwrap();
    let mut entries = pipe();
    for number in 1..=OLD {
        let mut add = cmd("XADD");
        add.arg(cluster.stream())
            .arg(number)
            .arg("entry")
            .arg("any");
        entries.add_command(add).ignore();
    }
    entries.exec_async(&mut connection).await.unwrap();
    let dead = cluster.instance().await;
    // Redis removes whole blocks of a hundred, and the last one is not full of old ones.
    cluster
        .until("a shorter stream", async || {
            cluster.ids().await.len() <= OLD - 100
        })
        .await;
    let (alice, hers) = cluster.login();
    cluster.log_out(&alice, &dead).await;
    drop(dead);
    cluster.pass(200);
    let late = cluster.instance().await;
    assert_eq!(late.get(&hers).await, http::StatusCode::UNAUTHORIZED);
    assert_eq!(cluster.records().await.len(), 2);

    cluster.pass(2 * 3600);
    let _latest = cluster.instance().await;
    cluster
        .until("the record of the dead to go", async || {
            cluster.records().await.len() == 2
        })
        .await;
}
