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
const PLACES: [&str; 16] = [
    "issuer/builder.rs",
    "issuer/compatibility.rs",
    "issuer/credentials.rs",
    "issuer/development.rs",
    "issuer/introspection.rs",
    "issuer/revocation.rs",
    "issuer/security_events.rs",
    "issuer/status_list.rs",
    "issuer/uma.rs",
    "binding/dpop/mod.rs",
    "client_authentication/assertion.rs",
    "client_authentication/bearer.rs",
    "client_authentication/secret.rs",
    "credentials/authorization_header.rs",
    "http_client/reqwest/builder.rs",
    "revocation/status_list/places.rs",
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/portcullis/src")
}

/// Each setting of the source: its name, and its documentation.
fn settings() -> Vec<(String, String)> {
    let mut settings = Vec::new();
    for place in PLACES {
        let text = fs::read_to_string(source().join(place)).unwrap();
        let mut docs = String::new();
        let mut setting = None;
        for line in text.lines().map(str::trim) {
            if let Some(doc) = line.strip_prefix("///") {
                docs.push_str(doc);
            } else if let Some(signature) = line.strip_prefix("pub fn ") {
                setting = Some((signature.to_owned(), std::mem::take(&mut docs)));
            } else if let Some((signature, _)) = &mut setting {
                signature.push_str(line);
            } else if !line.starts_with("#[") {
                docs.clear();
            }
            let whole = setting.take_if(|(signature, _)| signature.ends_with('{'));
            if let Some((signature, docs)) = whole {
                settings.extend(name_of_setting(&signature).map(|name| (name.to_owned(), docs)));
            }
        }
    }
    assert!(settings.len() > 60, "{settings:?}");
    settings
}

/// Of what takes a builder and gives it back.
fn name_of_setting(signature: &str) -> Option<&str> {
    let (name, rest) = signature.split_once(['(', '<'])?;
    let takes = ["self,", "self)", "mut self,", "mut self)"];
    let of_builder = takes
        .iter()
        .any(|it| rest.starts_with(it) || rest.contains(&format!(">({it}")));
    let gives = ["-> Self {", "-> Result<Self, ConfigError> {"].map(|it| signature.ends_with(it));
    let with_credentials = signature.contains("-> IssuerBuilder<");
    (of_builder && (gives.contains(&true) || with_credentials)).then_some(name)
}

/// What the page has for a setting: the second column of each row that begins with it.
fn rows_of(setting: &str) -> Vec<&'static str> {
    let default = |line: &'static str| {
        let (names, rest) = line.strip_prefix("| ")?.split_once(" | ")?;
        let mut names = names.split(", ").map(|name| name.trim_matches('`'));
        let named = names.any(|name| name.rsplit("::").next() == Some(setting));
        named.then_some(rest.split_once(" | ")?.0)
    };
    PAGE.lines().filter_map(default).collect()
}

#[test]
fn every_setting_is_argued() {
    let missing: Vec<String> = settings()
        .into_iter()
        .map(|(setting, _)| setting)
        .filter(|setting| rows_of(setting).is_empty())
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_page_and_the_documentation_have_the_same_numbers() {
    let with_default = settings().into_iter();
    let with_default: Vec<_> = with_default
        .filter(|(_, docs)| docs.contains("unless set"))
        .collect();
    assert!(with_default.len() > 25, "{with_default:?}");
    for (setting, docs) in with_default {
        let defaults = rows_of(&setting);
        assert!(
            defaults
                .iter()
                .any(|default| docs.contains(&format!("{default} unless set"))),
            "`{setting}`: the page has {defaults:?}, the documentation{docs}"
        );
    }
}

/// What cannot be set: what the page says, the file of the source, and what stands there.
const FIXED: [(&str, &str, &str); 35] = [
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
    (
        "| good for one to two minutes |",
        "binding/dpop/nonce.rs",
        "STRETCH: Duration = Duration::from_secs(60)",
    ),
    (
        "an assertion's life | 60 seconds",
        "client_authentication/assertion.rs",
        "LIFE: Duration = Duration::from_secs(60)",
    ),
    (
        "good for two minutes",
        "revocation/logout/token.rs",
        "UNDATED: Duration = Duration::from_secs(120)",
    ),
    (
        "a security event | 64 KiB",
        "revocation/security_event/intake.rs",
        "MAX_LENGTH: usize = 64 * 1024",
    ),
    (
        "a notice, a security event | 64 KiB",
        "revocation/logout/receiver.rs",
        "MAX_LENGTH: usize = 64 * 1024",
    ),
    (
        "waits 45 seconds",
        "revocation/security_event/exchange.rs",
        "LONG_POLL: Duration = Duration::from_secs(45)",
    ),
    (
        "100 events of",
        "revocation/security_event/exchange.rs",
        "MAX_EVENTS: usize = 100",
    ),
    (
        "of 8 MiB together",
        "revocation/security_event/exchange.rs",
        "MAX_ANSWER: usize = 8 * 1024 * 1024",
    ),
    (
        "is asked every second",
        "revocation/security_event/poll.rs",
        "PERIOD: Duration = Duration::from_secs(1)",
    ),
    (
        "fails after 5 seconds",
        "revocation/security_event/poll.rs",
        "RESPITE: Duration = Duration::from_secs(5)",
    ),
    (
        "before that is said | 2 |",
        "revocation/security_event/poll.rs",
        "TOLERATED: u32 = 2",
    ),
    (
        "8 MiB as it is sent",
        "revocation/status_list/document.rs",
        "MAX_DOCUMENT: usize = 8 << 20",
    ),
    (
        "16 MiB unpacked",
        "revocation/status_list/statuses.rs",
        "LONGEST: usize = 16 << 20",
    ),
    (
        "between 10 seconds",
        "revocation/status_list/list.rs",
        "LEAST: Duration = Duration::from_secs(10)",
    ),
    (
        "and an hour; five",
        "revocation/status_list/list.rs",
        "MOST: Duration = Duration::from_secs(3600)",
    ),
    (
        "five minutes where",
        "revocation/status_list/list.rs",
        "UNSAID: Duration = Duration::from_secs(300)",
    ),
    (
        "stands for 5 seconds",
        "revocation/status_list/kept.rs",
        "DISTANCE: Duration = Duration::from_secs(5)",
    ),
    (
        "| 4,096 |",
        "revocation/status_list/shelf.rs",
        "MOST: usize = 4096",
    ),
    (
        "tried after a second",
        "verify/introspection/health/breaker.rs",
        "FIRST_WAIT: Duration = Duration::from_secs(1)",
    ),
    (
        "up to half a minute",
        "verify/introspection/health/breaker.rs",
        "LONGEST_WAIT: Duration = Duration::from_secs(30)",
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
