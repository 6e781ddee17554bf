//! The store by itself: what it keeps, for how long, and who wins.

use std::time::Duration;

use bytes::Bytes;
use portcullis::{SharedStore, StoreKey};
use portcullis_conformance::state_keys;
use portcullis_redis::RedisState;
use portcullis_redis_suite::{Configuration, RedisServer, until};
use redis::cmd;

const LONG: Duration = Duration::from_secs(60);

async fn store(configuration: Configuration) -> Option<(RedisServer, RedisState)> {
    let server = RedisServer::start_or_skip(configuration).await;
    let server = server.unwrap_or_else(|error| panic!("{error}"))?;
    let state = RedisState::new(&server.url(), &state_keys()).unwrap();
    Some((server, state))
}

fn name(name: &str) -> StoreKey {
    StoreKey::new(name)
}

fn entry(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

async fn kept(store: &RedisState, key: &str) -> Option<String> {
    let kept = store.get(name(key)).await.unwrap();
    kept.map(|kept| String::from_utf8(kept.to_vec()).unwrap())
}

#[tokio::test]
async fn the_higher_order_stays_whoever_comes_last() {
    let Some((_server, store)) = store(Configuration::default().password("p@ss")).await else {
        return;
    };
    assert_eq!(kept(&store, "k").await, None);
    let put = |text: &'static str, order| store.put(name("k"), entry(text), order, LONG);
    put("second", 2).await.unwrap();
    put("first", 1).await.unwrap();
    assert_eq!(kept(&store, "k").await.as_deref(), Some("second"));
    put("as good", 2).await.unwrap();
    assert_eq!(kept(&store, "k").await.as_deref(), Some("as good"));
    // Beyond what a floating point number can tell apart.
    put("last", u64::MAX).await.unwrap();
    put("almost", u64::MAX - 1).await.unwrap();
    assert_eq!(kept(&store, "k").await.as_deref(), Some("last"));
    store.remove(name("k")).await.unwrap();
    assert_eq!(kept(&store, "k").await, None);
}

#[tokio::test]
async fn of_many_instances_at_the_same_time_the_highest_order_wins() {
    let Some((server, store)) = store(Configuration::default()).await else {
        return;
    };
    let mut puts = Vec::new();
    for instance in 0..4_u64 {
        let state = RedisState::new(&server.url(), &state_keys()).unwrap();
        for step in 0..50_u64 {
            let order = (step * 37 + instance * 11) % 200;
            puts.push(tokio::spawn(state.put(
                name("k"),
                entry(&order.to_string()),
                order,
                LONG,
            )));
        }
    }
    let highest =
        (0..4).flat_map(|instance| (0..50).map(move |step| (step * 37 + instance * 11) % 200));
    let highest = highest.max().unwrap();
    for put in puts {
        put.await.unwrap().unwrap();
    }
    assert_eq!(kept(&store, "k").await, Some(highest.to_string()));
}

#[tokio::test]
async fn one_of_many_is_the_first() {
    let Some((_server, store)) = store(Configuration::default()).await else {
        return;
    };
    let puts: Vec<_> = (0..50)
        .map(|_| tokio::spawn(store.put_if_absent(name("k"), entry("mine"), LONG)))
        .collect();
    let mut winners = 0;
    for put in puts {
        winners += usize::from(put.await.unwrap().unwrap());
    }
    assert_eq!(winners, 1);
    assert_eq!(kept(&store, "k").await.as_deref(), Some("mine"));
}

#[tokio::test]
async fn an_entry_ends() {
    let Some((server, store)) = store(Configuration::default()).await else {
        return;
    };
    let brief = Duration::from_millis(50);
    store.put(name("a"), entry("a"), 9, brief).await.unwrap();
    store
        .put(name("c"), entry("c"), 9, Duration::MAX)
        .await
        .unwrap();
    assert!(
        store
            .put_if_absent(name("b"), entry("b"), brief)
            .await
            .unwrap()
    );
    let gone = async || {
        Ok((kept(&store, "a").await.is_none() && kept(&store, "b").await.is_none()).then_some(()))
    };
    until("the end of two entries", Duration::from_secs(10), gone)
        .await
        .unwrap();
    store.put(name("a"), entry("again"), 1, LONG).await.unwrap();
    assert_eq!(kept(&store, "a").await.as_deref(), Some("again"));
    let rest: i64 = server.run(cmd("PTTL").arg("a")).await.unwrap();
    assert!((1..=60_000).contains(&rest), "{rest}");
    assert_eq!(kept(&store, "c").await.as_deref(), Some("c"));
}

#[tokio::test]
async fn what_somebody_else_has_put_there_is_no_entry() {
    let Some((server, store)) = store(Configuration::default()).await else {
        return;
    };
    for value in ["", "short", "garbage of more than twenty letters"] {
        server
            .run::<()>(cmd("SET").arg("k").arg(value))
            .await
            .unwrap();
        assert_eq!(kept(&store, "k").await, None, "{value}");
        store.put(name("k"), entry("ours"), 1, LONG).await.unwrap();
        assert_eq!(kept(&store, "k").await.as_deref(), Some("ours"));
    }
    server
        .run::<()>(cmd("RPUSH").arg("list").arg("member"))
        .await
        .unwrap();
    let error = store.get(name("list")).await.unwrap_err().to_string();
    assert_eq!(error, "redis cannot be used: it says WRONGTYPE");
}

#[tokio::test]
async fn a_redis_that_hangs_or_is_gone_is_an_error_in_time_and_comes_back() {
    let Some((mut server, store)) = store(Configuration::default()).await else {
        return;
    };
    store.put(name("k"), entry("v"), 1, LONG).await.unwrap();
    server.freeze().unwrap();
    for _ in 0..2 {
        let error = store.get(name("k")).await.unwrap_err().to_string();
        assert!(error.contains("has not answered within 1s"), "{error}");
    }
    server.thaw().unwrap();
    assert_eq!(kept(&store, "k").await.as_deref(), Some("v"));
    server.kill();
    let error = store.get(name("k")).await.unwrap_err().to_string();
    assert!(error.contains("cannot be reached"), "{error}");
    server.start_again().await.unwrap();
    assert_eq!(kept(&store, "k").await, None);
}

#[tokio::test]
async fn a_wrong_password_is_an_error_that_does_not_repeat_it() {
    let Some((server, _)) = store(Configuration::default().password("right")).await else {
        return;
    };
    let url = server.url().replace("right", "very-wrong");
    let store = RedisState::new(&url, &state_keys()).unwrap();
    let error = store.get(name("k")).await.unwrap_err().to_string();
    assert!(!error.contains("very-wrong"), "{error}");
}
