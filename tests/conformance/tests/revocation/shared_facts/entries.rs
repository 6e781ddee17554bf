//! What stands in the store: sealed, and a miss when it was touched.

use bytes::Bytes;
use http::StatusCode;
use portcullis::{IssuerBuilder, StateKeys, WithCredentials};
use portcullis_conformance::{
    AUDIENCE, CLIENT_ID, CLIENT_SECRET, Instance, MemoryStore, Recorded, World, pass_start,
    state_keys,
};
use portcullis_testing::Client;

use super::Pair;
use crate::support::{SECOND, live_status, status};

/// They are as good as the token itself: they stay where they were got.
#[tokio::test]
async fn full_tokens_are_not_shared() {
    for full in [true, false] {
        let world = World::start().await;
        let client = Client::new(CLIENT_ID, CLIENT_SECRET).jwt_in_introspection();
        world.server.add_client(client);
        let store = MemoryStore::new(&world.clock);
        let issuer = world.told().shared_store(store.clone(), &state_keys());
        let issuer = match full {
            true => issuer.phantom_token(),
            false => issuer,
        };
        let instance = Instance::with(&world, issuer).await;
        let token = world.server.token().opaque();
        assert_eq!(status(&instance.hybrid, &token).await, StatusCode::OK);
        for _ in 0..1_000 {
            tokio::task::yield_now().await;
        }
        assert_eq!(store.entries().is_empty(), full);
    }
}

/// Who can read the store learns neither tokens nor what they say, nor whose they are.
#[tokio::test]
async fn entries_hold_nothing_that_can_be_read() {
    let pair = Pair::start().await;
    let opaque = pair.opaque("an-opaque-token-of-alice");
    let jwt = pair.air.world.server.token().subject("alice").jwt();
    let inactive = pair.air.world.server.token().jwt();
    pair.air.server.end(&inactive);
    status(&pair.here().hybrid, &opaque).await;
    live_status(&pair.here().hybrid, &jwt).await;
    live_status(&pair.here().hybrid, &inactive).await;
    pair.settle().await;
    let entries = pair.store.entries();
    assert_eq!(entries.len(), 3);
    let issuer = pair.air.world.server.issuer();
    let secrets = [
        &*opaque, &*jwt, &*inactive, "alice", "active", issuer, AUDIENCE, "sub",
    ];
    let parts: Vec<_> = jwt.split('.').collect();
    for (name, entry) in &entries {
        let entry = String::from_utf8_lossy(entry);
        for secret in secrets.iter().chain(&parts) {
            assert!(!name.contains(secret) && !entry.contains(secret), "{name}");
        }
        assert!(name.is_ascii());
    }
}

#[tokio::test]
async fn what_was_tampered_with_is_a_miss_and_is_counted() {
    type Change = fn(&str, &Bytes) -> Bytes;
    let changes: [(&str, Change); 6] = [
        ("emptied", |_, _| Bytes::new()),
        ("shortened", |_, entry| entry.slice(..entry.len() - 1)),
        ("replaced", |_, _| Bytes::from_static(b"{\"asked\":1}")),
        ("of-another-version", |_, entry| changed(entry, 0)),
        ("of-another-key", |_, entry| changed(entry, 1)),
        ("garbled", |_, entry| changed(entry, 30)),
    ];
    let recorded = Recorded::start();
    let pair = Pair::start().await;
    for (number, (case, change)) in changes.into_iter().enumerate() {
        let token = pair.opaque(case);
        assert_eq!(status(&pair.here().hybrid, &token).await, StatusCode::OK);
        pair.settle().await;
        pair.store.overwrite(change);
        pair.air.server.end(&token);
        let status = status(&pair.other.hybrid, &token).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{case}");
        assert_eq!(pair.air.server.calls_about(&token), 2, "{case}");
        let unopened = pair.shared(&recorded, "unopened");
        assert_eq!(unopened, (number + 1) as f64, "{case}");
        pair.store.clear();
    }
}

fn changed(entry: &Bytes, at: usize) -> Bytes {
    let mut entry = entry.to_vec();
    entry[at] ^= 1;
    entry.into()
}

/// Entries under the names of others are no good there.
#[tokio::test]
async fn entries_that_changed_places_are_misses() {
    let pair = Pair::start().await;
    let tokens = [pair.opaque("one-token"), pair.opaque("other-token")];
    for token in &tokens {
        assert_eq!(status(&pair.here().hybrid, token).await, StatusCode::OK);
    }
    pair.settle().await;
    let entries = pair.store.entries();
    pair.store.overwrite(|name, _| {
        let another = entries.iter().find(|(known, _)| known != name);
        another.unwrap().1.clone()
    });
    for token in &tokens {
        pair.air.server.end(token);
        assert_eq!(
            status(&pair.other.hybrid, token).await,
            StatusCode::UNAUTHORIZED
        );
    }
}

/// One whose clock is ahead by more than a second is not believed.
#[tokio::test]
async fn what_is_dated_ahead_is_a_miss_and_is_counted() {
    let recorded = Recorded::start();
    let pair = Pair::start().await;
    let token = pair.opaque("opaque-token");
    assert_eq!(status(&pair.here().hybrid, &token).await, StatusCode::OK);
    pair.settle().await;
    // The clock of the one who reads is behind.
    let now = pair.now();
    pair.air.world.clock.jump_to(now - 10);
    let said = serde_json::json!({"iat": now - 20, "exp": now + 300});
    pair.air.server.say(&token, said);
    assert_eq!(status(&pair.other.hybrid, &token).await, StatusCode::OK);
    assert_eq!(pair.air.server.calls(), 2);
    assert_eq!(pair.shared(&recorded, "dated_ahead"), 1.0);
    assert_eq!(pair.shared(&recorded, "unopened"), 0.0);
}

/// While keys are changed there may be one under each.
#[tokio::test]
async fn the_newest_of_two_keys_entries_counts() {
    let pair = Pair::start().await;
    let other_key = "ff".to_owned() + &"01".repeat(31);
    let own_key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    let keys = |first: &str, second: &str| {
        let first = StateKeys::from_hex(first).unwrap();
        first.or_previous_hex(second).unwrap()
    };
    let with = async |keys: StateKeys| {
        let sharing =
            |issuer: IssuerBuilder<WithCredentials>| issuer.shared_store(pair.store.clone(), &keys);
        pair.air.another(sharing).await
    };
    let before = with(keys(own_key, &other_key)).await;
    let after = with(keys(&other_key, own_key)).await;
    let reader = with(keys(&other_key, own_key)).await;
    pass_start(&pair.air.world);
    for (sealed, ended, name) in [(&after, &before, "one"), (&before, &after, "other")] {
        let token = pair.opaque(name);
        assert_eq!(status(&sealed.hybrid, &token).await, StatusCode::OK);
        pair.settle().await;
        pair.air.world.clock.advance(2 * SECOND);
        pair.air.server.end(&token);
        let live = live_status(&ended.hybrid, &token).await;
        assert_eq!(live, StatusCode::UNAUTHORIZED);
        pair.settle().await;
        let status = status(&reader.hybrid, &token).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{name}");
    }
}

#[tokio::test]
async fn only_who_has_the_key_reads_it() {
    let pair = Pair::start().await;
    let other_key = "ff".to_owned() + &"01".repeat(31);
    let with = async |keys: StateKeys| {
        let sharing =
            |issuer: IssuerBuilder<WithCredentials>| issuer.shared_store(pair.store.clone(), &keys);
        pair.air.another(sharing).await
    };
    let stranger = with(StateKeys::from_hex(&other_key).unwrap()).await;
    // While keys are changed both are read.
    let own_key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    let both = StateKeys::from_hex(&other_key).unwrap();
    let changing = with(both.or_previous_hex(own_key).unwrap()).await;
    pass_start(&pair.air.world);
    let token = pair.opaque("opaque-token");
    assert_eq!(status(&pair.here().hybrid, &token).await, StatusCode::OK);
    pair.settle().await;
    assert_eq!(status(&changing.hybrid, &token).await, StatusCode::OK);
    assert_eq!(pair.air.server.calls(), 1);
    assert_eq!(status(&stranger.hybrid, &token).await, StatusCode::OK);
    assert_eq!(pair.air.server.calls(), 2);
}
