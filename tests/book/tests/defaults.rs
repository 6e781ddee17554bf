//! `docs/defaults.md` has every setting with a default, and the number that the library's own
//! documentation has; and where a request shows it, what the library does.
#![cfg(test)]

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use axum::{Router, routing::get as route};
use portcullis::{AuthenticateLayer, IntrospectionVerifier, JwtVerifier, ManualClock, Realm};
use portcullis_book_suite::{get, status};
use portcullis_testing::{AuthorizationServer, Endpoint};

const PAGE: &str = include_str!("../../../docs/defaults.md");

/// Where settings are made, in the library's source.
const PLACES: [&str; 7] = [
    "issuer/builder.rs",
    "issuer/introspection.rs",
    "issuer/revocation.rs",
    "issuer/uma.rs",
    "binding/dpop/mod.rs",
    "credentials/authorization_header.rs",
    "http_client/reqwest/builder.rs",
];

/// Settings whose default says nothing but that they are off, or found out.
const UNARGUED: [&str; 6] = [
    "jwks_uri",
    "introspection_endpoint",
    "token_endpoint",
    "permission_endpoint",
    "protection_scope",
    "algorithms",
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/portcullis/src")
}

/// Each setting of the source whose documentation has a default: its name, and that documentation.
fn documented() -> Vec<(String, String)> {
    let mut settings = Vec::new();
    for place in PLACES {
        let text = fs::read_to_string(source().join(place)).unwrap();
        let mut docs = String::new();
        for line in text.lines().map(str::trim) {
            if let Some(doc) = line.strip_prefix("///") {
                docs.push_str(doc);
            } else if let Some(name) = line.strip_prefix("pub fn ") {
                let name = name.split(['(', '<']).next().unwrap_or_default();
                if docs.contains("unless set") {
                    settings.push((name.to_owned(), docs.clone()));
                }
                docs.clear();
            } else if !line.starts_with("#[") {
                docs.clear();
            }
        }
    }
    assert!(settings.len() > 20, "{settings:?}");
    settings
}

/// What the page has for a setting.
fn default_of(setting: &str) -> Option<&'static str> {
    let row = format!("| `{setting}` | ");
    let row = PAGE.lines().find_map(|line| line.strip_prefix(&row))?;
    row.split_once(" | ").map(|(default, _)| default)
}

#[test]
fn the_page_and_the_documentation_have_the_same_numbers() {
    for (setting, docs) in documented() {
        if UNARGUED.contains(&setting.as_str()) {
            continue;
        }
        let default = default_of(&setting);
        let default = default.unwrap_or_else(|| panic!("`{setting}` is not argued"));
        assert!(
            docs.contains(&format!("{default} unless set")),
            "`{setting}`: the page has {default:?}, the documentation{docs}"
        );
    }
}

/// What cannot be set: what the page says, the file of the source, and what stands there.
const FIXED: [(&str, &str, &str); 15] = [
    (
        "after an hour, kept",
        "discovery/mod.rs",
        "MAX_AGE: Duration = Duration::from_secs(3600)",
    ),
    (
        "for a day",
        "discovery/mod.rs",
        "MAX_STALE: Duration = Duration::from_secs(24 * 3600)",
    ),
    (
        "256 KiB",
        "discovery/mod.rs",
        "MAX_DOCUMENT: usize = 256 * 1024",
    ),
    (
        "256 KiB",
        "jwks/remote.rs",
        "MAX_DOCUMENT: usize = 256 * 1024",
    ),
    (
        "256 KiB",
        "verify/introspection/endpoint.rs",
        "MAX_ANSWER: usize = 256 * 1024",
    ),
    ("| 100, and 4 are", "jwks/key_set.rs", "LIMIT: usize = 100;"),
    ("4 are tried", "jwks/key_set.rs", "TRIES: usize = 4;"),
    ("| 4 KiB |", "jws/compact.rs", "MAX_HEADER: usize = 4096"),
    (
        "half a second",
        "jwks/limits.rs",
        "patience: Duration::from_millis(500)",
    ),
    (
        "1,024 tokens",
        "verify/introspection/lanes.rs",
        "STRANGERS: usize = 1024",
    ),
    (
        "16,384 others",
        "verify/introspection/lanes.rs",
        "GENUINE: usize = 16 * 1024",
    ),
    (
        "| 20 seconds |",
        "http_client/reqwest/builder.rs",
        "IDLE: Duration = Duration::from_secs(20)",
    ),
    (
        "| 100 ms |",
        "verify/introspection/shared.rs",
        "PATIENCE: Duration = Duration::from_millis(100)",
    ),
    (
        "after 250 ms",
        "revocation/logout/receiver.rs",
        "PATIENCE: Duration = Duration::from_millis(250)",
    ),
    (
        "1,000, for 10 minutes",
        "revocation/logout/parked.rs",
        "LIMIT: usize = 1_000",
    ),
];

#[test]
fn what_cannot_be_set_is_what_the_source_has() {
    for (said, file, code) in FIXED {
        assert!(PAGE.contains(said), "{said}");
        let text = fs::read_to_string(source().join(file)).unwrap();
        assert!(text.contains(code), "{file}: {code}");
    }
}

/// A server, a realm, and a clock for both.
async fn scene() -> (AuthorizationServer, ManualClock) {
    let clock = ManualClock::at(1_800_000_000);
    let theirs = clock.clone();
    let server = AuthorizationServer::builder().clock(move || theirs.system_time());
    (server.start().await.unwrap(), clock)
}

fn local(server: &AuthorizationServer, clock: &ManualClock) -> JwtVerifier {
    let realm = Realm::new(server.issuer()).unwrap().audience("orders-api");
    realm.clock(clock.clone()).build().unwrap().jwt()
}

fn asked(server: &AuthorizationServer, clock: &ManualClock) -> IntrospectionVerifier {
    let realm = Realm::new(server.issuer()).unwrap().audience("orders-api");
    let realm = realm.client_secret("orders-api", "orders-secret");
    realm.clock(clock.clone()).build().unwrap().introspection()
}

fn app(layer: AuthenticateLayer) -> Router {
    Router::new().route("/", route(|| async {})).layer(layer)
}

#[tokio::test]
async fn the_leeway_is_thirty_seconds() {
    let (server, clock) = scene().await;
    let app = app(AuthenticateLayer::new(local(&server, &clock)));
    let token = server.token().expires_in(Duration::from_secs(60)).jwt();
    clock.advance(Duration::from_secs(60 + 29));
    assert_eq!(status(&app, get("/", Some(&token))).await, 200);
    clock.advance(Duration::from_secs(1));
    assert_eq!(status(&app, get("/", Some(&token))).await, 401);
}

#[tokio::test]
async fn an_active_answer_is_kept_for_thirty_seconds() {
    let (server, clock) = scene().await;
    let app = app(AuthenticateLayer::new(asked(&server, &clock)));
    let token = server.token().opaque();
    let calls = || server.request_count(Endpoint::Introspection);
    assert_eq!(status(&app, get("/", Some(&token))).await, 200);
    clock.advance(Duration::from_secs(29));
    assert_eq!(status(&app, get("/", Some(&token))).await, 200);
    assert_eq!(calls(), 1);
    clock.advance(Duration::from_secs(2));
    assert_eq!(status(&app, get("/", Some(&token))).await, 200);
    assert_eq!(calls(), 2);
}

#[tokio::test]
async fn an_inactive_answer_is_kept_for_five_seconds() {
    let (server, clock) = scene().await;
    let app = app(AuthenticateLayer::new(asked(&server, &clock)));
    let alice = server.login("alice");
    let token = alice.token().opaque();
    alice.end();
    let calls = || server.request_count(Endpoint::Introspection);
    for (wait, asked) in [(0, 1), (4, 1), (2, 2)] {
        clock.advance(Duration::from_secs(wait));
        assert_eq!(status(&app, get("/", Some(&token))).await, 401);
        assert_eq!(calls(), asked);
    }
}

#[tokio::test]
async fn the_longest_token_has_sixteen_kibibytes() {
    let (server, clock) = scene().await;
    let app = app(AuthenticateLayer::new(asked(&server, &clock)));
    for (length, asked) in [(16 * 1024, 1), (16 * 1024 + 1, 1)] {
        let token = "a".repeat(length);
        assert_eq!(status(&app, get("/", Some(&token))).await, 401);
        assert_eq!(server.request_count(Endpoint::Introspection), asked);
    }
}
