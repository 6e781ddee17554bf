//! Under which name an answer is remembered, and that the token itself is not.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::body::Body;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderValue, Request, header};
use portcullis::{AccessToken, AuthenticateLayer, WithCredentials};
use portcullis::{Authenticator, Credentials, Freshness, IssuerBuilder, TokenVerifier};
use portcullis_conformance::{
    CLIENT_ID, CLIENT_SECRET, CapturedLog, Crowd, World, get, getting, post_active, protected, send,
};
use portcullis_testing::{Client, Endpoint, HoldPoint};

use crate::support::{assert_ok, calls};

#[tokio::test]
async fn e5_two_servers_are_both_asked_about_the_same_token() {
    let (one, other) = (World::start().await, World::start().await);
    let token = one.server.token().opaque_value("the-same-text");
    let routers = [&one, &other].map(|world| {
        let issuer = world.asking().build().unwrap();
        protected(issuer.introspection())
    });
    assert_ok(&get(&routers[0], &token).await);
    get(&routers[1], &token).await.assert_invalid_token();
    assert_ok(&get(&routers[0], &token).await);
    assert_eq!((calls(&one), calls(&other)), (1, 1));
}

#[tokio::test]
async fn e5_endpoint_client_and_hint_each_have_answers_of_their_own() {
    type Asking = IssuerBuilder<WithCredentials>;
    let world = World::start().await;
    world.server.add_client(Client::new("billing-api", "hush"));
    let token = world.server.token().opaque();
    let same = |builder: Asking| builder;
    let hinted = |builder: Asking| builder.token_type_hint("access_token");
    let address = format!("{}?v=2", world.server.url(Endpoint::Introspection));
    let elsewhere = |builder: Asking| builder.introspection_endpoint(address.clone());
    let as_other = |_: Asking| world.realm().client_secret("billing-api", "hush");
    let variants: [(&str, &dyn Fn(Asking) -> Asking); 4] = [
        ("the first", &same),
        ("a hint", &hinted),
        ("another endpoint", &elsewhere),
        ("another client", &as_other),
    ];
    for (asked, (what, vary)) in variants.into_iter().enumerate() {
        let issuer = vary(world.asking()).build().unwrap();
        let routers = [
            protected(issuer.introspection()),
            protected(issuer.hybrid()),
        ];
        for router in &routers {
            assert_ok(&get(router, &token).await);
        }
        assert_eq!(calls(&world), asked + 1, "{what}");
    }
}

#[tokio::test]
async fn e5_tokens_that_differ_only_in_the_signature_are_two() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().introspection());
    let good = world.server.token().jwt();
    let (message, _) = good.rsplit_once('.').unwrap();
    let forged = format!("{message}.{}", "A".repeat(342));
    assert_ok(&get(&router, &good).await);
    get(&router, &forged).await.assert_invalid_token();
    assert_ok(&get(&router, &good).await);
    assert_eq!(calls(&world), 2);
}

/// Everything that says who holds a token: the token, its parts, and their base64.
fn traces(token: &str) -> Vec<String> {
    let parts = token.split('.').filter(|part| part.len() > 20);
    let texts: Vec<&str> = std::iter::once(token).chain(parts).collect();
    let encoded: Vec<String> = texts.iter().map(|text| STANDARD.encode(text)).collect();
    texts
        .into_iter()
        .map(str::to_owned)
        .chain(encoded)
        .collect()
}

fn assert_traceless(what: &str, printed: &str, token: &str) {
    for trace in traces(token) {
        assert!(
            !printed.contains(&trace),
            "{what} shows the token: {printed}"
        );
    }
}

#[tokio::test]
async fn e6_nothing_that_is_printed_shows_the_token() {
    let log = CapturedLog::start();
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let gate = world
        .server
        .hold(Endpoint::Introspection, HoldPoint::BeforeAnswer);
    for token in [world.server.token().jwt(), world.server.token().opaque()] {
        let (intro, hybrid) = (issuer.introspection(), issuer.hybrid());
        let router = protected(issuer.introspection());
        let crowd = Crowd::of(2, |_| getting(&router, &token));
        gate.wait_for(1).await;
        let authenticator = Arc::new(Authenticator::new(issuer.introspection()));
        let mut request = Request::get("/").body(()).unwrap();
        let value = HeaderValue::try_from(format!("Bearer {token}")).unwrap();
        request.headers_mut().insert(header::AUTHORIZATION, value);
        let waiting = authenticator.begin((&request).into());
        let credentials = Credentials::bearer(AccessToken::new(&token).unwrap());
        let verification = intro.verify(&credentials, Freshness::Live);
        let shown = |when: &str| {
            let all = [
                format!("{issuer:?} {intro:?} {hybrid:?} {router:?}"),
                format!("{:?}", AuthenticateLayer::new(issuer.hybrid())),
                format!("{authenticator:?} {waiting:?}"),
                format!("{credentials:?} {verification:?}"),
            ];
            assert_traceless(when, &all.concat(), &token);
        };
        shown("in the air");
        // One for the call they share, one for the live one behind it.
        gate.release_one();
        gate.release_one();
        for reply in crowd.replies().await {
            assert_ok(&reply);
        }
        shown("afterwards");
        let admitted = authenticator
            .authenticate((&request).into())
            .await
            .unwrap()
            .unwrap();
        assert_traceless("the proof", &format!("{admitted:?}"), &token);
        for line in log.lines() {
            assert_traceless("a log line", &line.text, &token);
        }
    }
    gate.release();
    // The same while everything fails.
    world
        .server
        .add_client(Client::new(CLIENT_ID, format!("{CLIENT_SECRET}2")));
    let token = world.server.token().jwt();
    let reply = post_active(&protected(issuer.hybrid()), &token).await;
    assert_eq!(reply.status, 500);
    assert_traceless("the answer", &format!("{reply:?}"), &token);
    for line in log.lines() {
        assert_traceless("a log line", &line.text, &token);
        assert!(!line.text.contains(CLIENT_SECRET), "{}", line.text);
    }
    assert!(!log.lines().is_empty());
}

/// A header value's bytes, which say when the last holder lets go of them.
struct Held {
    text: String,
    is_dropped: Arc<AtomicBool>,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        self.text.as_bytes()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.is_dropped.store(true, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn e6_the_token_is_let_go_with_the_request_that_brought_it() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    for router in [
        protected(issuer.introspection()),
        protected(issuer.hybrid()),
    ] {
        for token in [
            world.server.token().opaque(),
            world.server.token().jwt(),
            "bad".to_owned(),
        ] {
            for path in ["/", "/active"] {
                let is_dropped = Arc::new(AtomicBool::new(false));
                let held = Held {
                    text: format!("Bearer {token}"),
                    is_dropped: is_dropped.clone(),
                };
                let value = HeaderValue::from_maybe_shared(Bytes::from_owner(held)).unwrap();
                let request = Request::post(path)
                    .header(header::AUTHORIZATION, value)
                    .body(Body::empty())
                    .unwrap();
                assert!(!is_dropped.load(Ordering::SeqCst));
                send(&router, request).await;
                assert!(
                    is_dropped.load(Ordering::SeqCst),
                    "{path}: somebody keeps it"
                );
            }
        }
    }
    assert!(calls(&world) > 0);
}
