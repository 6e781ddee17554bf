//! The same request gets the same verdict whatever is remembered, and wherever.

use std::{
    cell::RefCell,
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, header};
use portcullis::{
    Authenticator, HttpClient, HttpFuture, Limits, ManualClock, Reason, RequestView, SharedStore,
    StateKeys, StoreFuture, StoreKey,
};
use portcullis_testing::{SigningAlgorithm, SigningKey};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{AUDIENCE, ISSUER, T0, issuer, key_set, request, token};

/// The server: its metadata, its keys, and what it says of opaque tokens, which is always the same.
#[derive(Debug, Clone)]
struct Server {
    key_set: String,
}

impl HttpClient for Server {
    fn send(&self, request: Request<Bytes>, _: Limits) -> HttpFuture {
        let path = request.uri().path();
        let body = if *request.method() == Method::POST {
            said_of(std::str::from_utf8(request.body()).unwrap())
        } else if path.contains(".well-known") {
            let [keys, introspection] =
                ["keys", "introspect"].map(|place| format!("{ISSUER}/{place}"));
            json!({ "issuer": ISSUER, "jwks_uri": keys, "introspection_endpoint": introspection })
        } else {
            serde_json::from_str(&self.key_set).unwrap()
        };
        let mut response = Response::new(Bytes::from(body.to_string()));
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        Box::pin(async move { Ok(response) })
    }
}

/// The answer to a question about an opaque token, in which it is named.
fn said_of(form: &str) -> Value {
    let active = |patch: Value| {
        let mut answer = json!({
            "active": true, "iss": ISSUER, "aud": AUDIENCE, "sub": "a", "exp": T0 + 75,
            "token_type": "Bearer",
        });
        let members = patch.as_object().unwrap().clone();
        answer.as_object_mut().unwrap().extend(members);
        answer
    };
    let token = form.split('&').find_map(|pair| pair.strip_prefix("token="));
    match token.unwrap() {
        "active" => active(json!({})),
        "undated" => active(json!({ "exp": T0 + 100_000 })),
        "ahead" => active(json!({ "nbf": T0 + 50 })),
        "foreign" => active(json!({ "aud": "others" })),
        "refresh" => active(json!({ "token_type": "Refresh" })),
        _ => json!({ "active": false }),
    }
}

/// A store that forgets nothing: what it keeps is judged by who reads it.
#[derive(Debug, Default)]
struct Store {
    entries: Mutex<HashMap<String, (u64, Bytes)>>,
}

impl SharedStore for Store {
    fn get(&self, key: StoreKey) -> StoreFuture<Option<Bytes>> {
        let entries = self.entries.lock().unwrap();
        let entry = entries.get(key.as_str()).map(|(_, entry)| entry.clone());
        Box::pin(async move { Ok(entry) })
    }

    fn put(&self, key: StoreKey, entry: Bytes, order: u64, _: Duration) -> StoreFuture<()> {
        let mut entries = self.entries.lock().unwrap();
        let kept = entries.entry(key.as_str().to_owned()).or_default();
        if kept.0 <= order {
            *kept = (order, entry);
        }
        Box::pin(async { Ok(()) })
    }

    fn put_if_absent(&self, key: StoreKey, entry: Bytes, _: Duration) -> StoreFuture<bool> {
        let mut entries = self.entries.lock().unwrap();
        let is_new = !entries.contains_key(key.as_str());
        if is_new {
            entries.insert(key.as_str().to_owned(), (0, entry));
        }
        Box::pin(async move { Ok(is_new) })
    }

    fn remove(&self, key: StoreKey) -> StoreFuture<()> {
        self.entries.lock().unwrap().remove(key.as_str());
        Box::pin(async { Ok(()) })
    }
}

/// The same service six times: with nothing remembered, with what is remembered unless something else is
/// said, with next to no room for it, with keys that are fetched, and with a store that is shared.
fn services(clock: &ManualClock, keys: &[SigningKey]) -> Vec<Arc<Authenticator>> {
    let server = Server {
        key_set: key_set(keys),
    };
    let described = || {
        let issuer = issuer(clock).http_client(server.clone());
        issuer.client_secret("orders-api", "hush")
    };
    let kept = StateKeys::from_hex(&"0f".repeat(32)).unwrap();
    let is_forgetful = |builder: portcullis::IssuerBuilder<_>| {
        builder
            .verified_token_cache_bytes(0)
            .introspection_cache(Duration::ZERO)
    };
    [
        is_forgetful(described()).keys(key_set(keys)),
        is_forgetful(described()),
        described().keys(key_set(keys)),
        described(),
        described()
            .verified_token_cache_bytes(4096)
            .introspection_cache_bytes(1),
        described().shared_store(Store::default(), &kept),
    ]
    .into_iter()
    .map(|builder| Arc::new(Authenticator::new(builder.build().unwrap().hybrid())))
    .collect()
}

/// Tokens of all fates, and some that only the server can read.
fn tokens([first, second]: &[SigningKey; 2]) -> Vec<String> {
    let stranger = SigningKey::generate(SigningAlgorithm::ES256);
    let mut tokens = vec![
        token(first, "long", 100_000),
        token(first, "short", 30),
        token(second, "other", 90),
        token(&stranger.with_key_id(first.key_id()), "forged", 90),
        format!("{}x", token(first, "longer", 90)),
    ];
    let opaque = [
        "active", "undated", "ahead", "foreign", "refresh", "inactive",
    ];
    tokens.extend(opaque.map(str::to_owned));
    tokens
}

async fn verdict(service: &Arc<Authenticator>, token: &str) -> Result<(), Reason> {
    let request = request(token.as_bytes()).unwrap();
    let verdict = service.authenticate(RequestView::from(&request)).await;
    verdict.map(drop).map_err(|rejection| rejection.reason())
}

#[test]
fn what_is_remembered_changes_no_verdict() {
    let keys = [SigningAlgorithm::ES256, SigningAlgorithm::EdDSA].map(SigningKey::generate);
    let tokens = tokens(&keys);
    let config = ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let steps = prop::collection::vec((0..tokens.len(), 0..25_u64), 1..40);
    let seen = RefCell::new(HashMap::new());
    proptest!(config, |(steps in steps)| {
        let clock = ManualClock::at(T0);
        let services = services(&clock, &keys);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        for (chosen, seconds) in steps {
            clock.advance(Duration::from_secs(seconds));
            let verdicts: Vec<_> = services
                .iter()
                .map(|service| runtime.block_on(verdict(service, &tokens[chosen])))
                .collect();
            prop_assert!(verdicts.iter().all(|other| *other == verdicts[0]), "{}: {verdicts:?}", tokens[chosen]);
            *seen.borrow_mut().entry(verdicts[0]).or_insert(0) += 1;
        }
    });
    let seen = seen.into_inner();
    for verdict in [
        Ok(()),
        Err(Reason::Expired),
        Err(Reason::BadSignature),
        Err(Reason::Inactive),
    ] {
        assert!(
            seen.contains_key(&verdict),
            "{verdict:?} was never given: {seen:?}"
        );
    }
}
