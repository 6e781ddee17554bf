//! Two servers: a replica that lags, and the failover that loses what had not reached it.

use portcullis_redis_suite::{Configuration, RedisServer};
use redis::cmd;

use crate::world::{server, set, value};

#[tokio::test]
async fn a_replica_starts_with_what_the_master_holds_and_follows() {
    let Some(master) = server(Configuration::default()).await else {
        return;
    };
    set(&master, "before", "1").await;
    let replica = RedisServer::start_replica_of(&master).await.unwrap();
    assert_eq!(value(&replica, "before").await.as_deref(), Some("1"));
    set(&master, "after", "2").await;
    replica.wait_for_master(&master).await.unwrap();
    assert_eq!(value(&replica, "after").await.as_deref(), Some("2"));
    let refused = replica
        .run::<()>(cmd("SET").arg("own").arg("3"))
        .await
        .unwrap_err()
        .to_string();
    assert!(refused.contains("read only replica"), "{refused}");
}

#[tokio::test]
async fn a_replica_that_is_held_back_lags_and_catches_up() {
    let Some(master) = server(Configuration::default()).await else {
        return;
    };
    let replica = RedisServer::start_replica_of(&master).await.unwrap();
    set(&master, "old", "1").await;
    replica.wait_for_master(&master).await.unwrap();

    replica.pause_replication().await.unwrap();
    set(&master, "new", "2").await;
    assert_eq!(value(&replica, "old").await.as_deref(), Some("1"));
    assert_eq!(value(&replica, "new").await, None);

    replica.resume_replication().await.unwrap();
    replica.wait_for_master(&master).await.unwrap();
    assert_eq!(value(&replica, "new").await.as_deref(), Some("2"));
}

#[tokio::test]
async fn a_failover_keeps_the_old_writes_and_lacks_the_last_ones_under_the_same_address() {
    let Some(master) = server(Configuration::default().password("shared")).await else {
        return;
    };
    let url = master.url();
    let mut replica = RedisServer::start_replica_of(&master).await.unwrap();
    set(&master, "old", "1").await;
    replica.wait_for_master(&master).await.unwrap();
    replica.pause_replication().await.unwrap();
    set(&master, "new", "2").await;
    let mut connection = master.connect().await.unwrap();

    replica.take_over(master).await.unwrap();
    assert_eq!(replica.url(), url);
    assert_eq!(value(&replica, "old").await.as_deref(), Some("1"));
    assert_eq!(value(&replica, "new").await, None);
    set(&replica, "newer", "3").await;
    assert_eq!(value(&replica, "newer").await.as_deref(), Some("3"));
    let stale = cmd("PING").query_async::<String>(&mut connection).await;
    assert!(stale.is_err(), "{stale:?}");

    replica.kill();
    replica.start_again().await.unwrap();
    assert_eq!(replica.url(), url);
    set(&replica, "newest", "4").await;
}

#[tokio::test]
async fn a_replica_that_is_promoted_beside_its_master_goes_its_own_way() {
    let Some(master) = server(Configuration::default()).await else {
        return;
    };
    let mut replica = RedisServer::start_replica_of(&master).await.unwrap();
    replica.promote().await.unwrap();
    set(&master, "ours", "1").await;
    set(&replica, "theirs", "2").await;
    assert_eq!(value(&replica, "ours").await, None);
    assert_eq!(value(&master, "theirs").await, None);
    assert_ne!(master.url(), replica.url());
}
