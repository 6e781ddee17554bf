//! What a test begins with, and the few commands it needs.

use portcullis_redis_suite::{Configuration, RedisServer};
use redis::cmd;

/// `None` where there is no `redis-server`, which is said aloud and is a failure under `CI=true`.
pub(crate) async fn server(configuration: Configuration) -> Option<RedisServer> {
    let server = RedisServer::start_or_skip(configuration).await;
    server.unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) async fn set(server: &RedisServer, key: &str, value: &str) {
    server
        .run::<()>(cmd("SET").arg(key).arg(value))
        .await
        .unwrap();
}

pub(crate) async fn value(server: &RedisServer, key: &str) -> Option<String> {
    server.run(cmd("GET").arg(key)).await.unwrap()
}
