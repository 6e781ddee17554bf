//! One server alone: what it holds after which end.

use std::io::ErrorKind;

use portcullis_redis_suite::{Configuration, RedisServer};
use redis::cmd;
use tokio::net::TcpStream;

use crate::world::{server, set, value};

#[tokio::test]
async fn a_server_starts_empty_and_keeps_what_it_is_told() {
    let Some(redis) = server(Configuration::default()).await else {
        return;
    };
    assert_eq!(redis.run::<u64>(&cmd("DBSIZE")).await.unwrap(), 0);
    set(&redis, "sid", "1").await;
    assert_eq!(value(&redis, "sid").await.as_deref(), Some("1"));
}

#[tokio::test]
async fn two_servers_know_nothing_of_each_other() {
    let Some(one) = server(Configuration::default()).await else {
        return;
    };
    let other = RedisServer::start(Configuration::default()).await.unwrap();
    assert_ne!(one.url(), other.url());
    set(&one, "sid", "1").await;
    assert_eq!(value(&other, "sid").await, None);
}

#[tokio::test]
async fn a_killed_server_comes_back_on_its_port_and_has_forgotten_everything() {
    let Some(mut redis) = server(Configuration::default()).await else {
        return;
    };
    let url = redis.url();
    set(&redis, "sid", "1").await;
    let mut connection = redis.connect().await.unwrap();
    redis.kill();
    assert!(redis.connect().await.is_err());

    redis.start_again().await.unwrap();
    assert_eq!(redis.url(), url);
    assert_eq!(value(&redis, "sid").await, None);
    let stale = cmd("PING").query_async::<String>(&mut connection).await;
    assert!(stale.is_err(), "{stale:?}");
}

#[tokio::test]
async fn a_persistent_server_outlasts_a_kill_with_everything_it_had_answered() {
    let Some(mut redis) = server(Configuration::default().persistent()).await else {
        return;
    };
    set(&redis, "sid", "1").await;
    redis.kill();
    redis.start_again().await.unwrap();
    assert_eq!(value(&redis, "sid").await.as_deref(), Some("1"));
}

#[tokio::test]
async fn a_stopped_server_takes_no_connection_until_it_is_started_again() {
    let Some(mut redis) = server(Configuration::default()).await else {
        return;
    };
    redis.stop().await.unwrap();
    assert!(redis.connect().await.is_err());
    assert!(redis.freeze().is_err());
    redis.start_again().await.unwrap();
    redis.connect().await.unwrap();
}

#[tokio::test]
async fn a_frozen_server_is_connected_to_and_answers_only_once_it_is_thawed() {
    let Some(redis) = server(Configuration::default()).await else {
        return;
    };
    let mut connection = redis.connect().await.unwrap();
    redis.freeze().unwrap();
    TcpStream::connect(("127.0.0.1", redis.port()))
        .await
        .unwrap();
    let unanswered = cmd("PING").query_async::<String>(&mut connection).await;
    assert!(unanswered.unwrap_err().is_timeout());

    redis.thaw().unwrap();
    let answer = cmd("PING").query_async::<String>(&mut connection).await;
    assert_eq!(answer.unwrap(), "PONG");
}

#[tokio::test]
async fn a_frozen_server_can_be_killed() {
    let Some(mut redis) = server(Configuration::default()).await else {
        return;
    };
    redis.freeze().unwrap();
    redis.kill();
    redis.start_again().await.unwrap();
    redis.connect().await.unwrap();
}

#[tokio::test]
async fn a_flushed_server_holds_nothing() {
    let Some(redis) = server(Configuration::default()).await else {
        return;
    };
    set(&redis, "sid", "1").await;
    redis.flush().await.unwrap();
    assert_eq!(redis.run::<u64>(&cmd("DBSIZE")).await.unwrap(), 0);
}

#[tokio::test]
async fn who_does_not_know_the_password_is_refused() {
    let password = "p@ss:w%rd+/ \"é\\";
    let Some(redis) = server(Configuration::default().password(password)).await else {
        return;
    };
    set(&redis, "sid", "1").await;
    assert_eq!(value(&redis, "sid").await.as_deref(), Some("1"));
    for stranger in ["", ":wrong@"] {
        let url = format!("redis://{stranger}127.0.0.1:{}/", redis.port());
        let client = redis::Client::open(url).unwrap();
        let refused = async {
            let mut connection = client.get_multiplexed_async_connection().await?;
            cmd("GET")
                .arg("sid")
                .query_async::<String>(&mut connection)
                .await
        };
        assert!(refused.await.is_err(), "{stranger}");
    }
}

#[tokio::test]
async fn a_server_ends_with_its_value() {
    let Some(redis) = server(Configuration::default()).await else {
        return;
    };
    let port = redis.port();
    drop(redis);
    let refused = TcpStream::connect(("127.0.0.1", port)).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
}
