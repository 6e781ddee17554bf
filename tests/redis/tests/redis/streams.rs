//! What Redis does to streams, pinned: what the revocation feed has to notice by itself.

use std::collections::HashMap;

use portcullis_redis_suite::{Configuration, RedisServer};
use redis::{Value, cmd};

use crate::world::server;

const STREAM: &str = "feed";

/// Each with its id.
type Entries = Vec<(String, Value)>;

#[tokio::test]
async fn a_reader_is_not_told_that_entries_after_its_position_were_trimmed() {
    let Some(redis) = server(Configuration::default()).await else {
        return;
    };
    for id in ["1-0", "2-0", "3-0", "4-0"] {
        append(&redis, id).await;
    }
    redis
        .run::<u64>(cmd("XTRIM").arg(STREAM).arg("MINID").arg("4"))
        .await
        .unwrap();
    assert_eq!(after(&redis, "1-0").await, ["4-0"]);
}

#[tokio::test]
async fn a_failover_sets_the_last_id_back_and_ids_are_given_out_twice() {
    let Some(master) = server(Configuration::default()).await else {
        return;
    };
    let mut replica = RedisServer::start_replica_of(&master).await.unwrap();
    append(&master, "1-0").await;
    replica.wait_for_master(&master).await.unwrap();
    replica.pause_replication().await.unwrap();
    append(&master, "2-0").await;
    assert_eq!(last_id(&master).await, "2-0");

    replica.take_over(master).await.unwrap();
    assert_eq!(last_id(&replica).await, "1-0");
    append(&replica, "2-0").await;
    assert_eq!(after(&replica, "2-0").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_flush_takes_the_last_id_with_it() {
    let Some(redis) = server(Configuration::default()).await else {
        return;
    };
    append(&redis, "5-0").await;
    redis.flush().await.unwrap();
    append(&redis, "1-0").await;
    assert_eq!(last_id(&redis).await, "1-0");
}

async fn append(redis: &RedisServer, id: &str) {
    redis
        .run::<String>(cmd("XADD").arg(STREAM).arg(id).arg("is").arg(id))
        .await
        .unwrap();
}

/// The ids that a reader at this position is given.
async fn after(redis: &RedisServer, position: &str) -> Vec<String> {
    let mut read = cmd("XREAD");
    read.arg("STREAMS").arg(STREAM).arg(position);
    let streams: Option<Vec<(String, Entries)>> = redis.run(&read).await.unwrap();
    let entries = streams
        .into_iter()
        .flatten()
        .flat_map(|(_, entries)| entries);
    entries.map(|(id, _)| id).collect()
}

async fn last_id(redis: &RedisServer) -> String {
    let members: HashMap<String, Value> = redis
        .run(cmd("XINFO").arg("STREAM").arg(STREAM))
        .await
        .unwrap();
    redis::from_redis_value(members["last-generated-id"].clone()).unwrap()
}
