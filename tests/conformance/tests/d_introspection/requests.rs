//! D1–D5, D23, D24: what is sent to the server, and to which server.

use std::collections::BTreeMap;

use http::{Method, StatusCode, header};
use portcullis::{Issuer, IssuerBuilder, WithCredentials};
use portcullis_conformance::{
    AUDIENCE, CLIENT_ID, CLIENT_SECRET, World, get, post_active, protected,
};
use portcullis_testing::{Answer, Endpoint, RecordedRequest};

use crate::support::Told;

/// The one request that a good token causes.
async fn recorded(
    settings: impl FnOnce(IssuerBuilder<WithCredentials>) -> IssuerBuilder<WithCredentials>,
    token: &str,
) -> RecordedRequest {
    let told = Told::with(settings).await;
    let good = told.good();
    told.world.server.set_introspection_answer(token, good);
    let reply = get(&told.router, token).await;
    assert_eq!(reply.status, StatusCode::OK, "{token}");
    let requests = told.world.server.requests(Endpoint::Introspection);
    assert_eq!(requests.len(), 1);
    requests.into_iter().next().unwrap()
}

#[tokio::test]
async fn d1_the_token_is_posted_in_the_body() {
    let request = recorded(|issuer| issuer, "opaque-token").await;
    assert_eq!(request.method, Method::POST);
    assert_eq!(
        request.target,
        "/realms/test/protocol/openid-connect/token/introspect"
    );
    assert_eq!(request.body, "token=opaque-token");
    for (name, value) in &request.headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        assert!(!value.contains("opaque-token"), "{name}");
    }
}

#[tokio::test]
async fn d1_a_query_of_the_endpoint_stays_as_it_is() {
    let world = World::start().await;
    let endpoint = format!("{}?tenant=a", world.server.url(Endpoint::Introspection));
    let issuer = world.asking().introspection_endpoint(endpoint);
    let router = protected(issuer.build().unwrap().introspection());
    let reply = get(&router, &world.server.token().opaque()).await;
    assert_eq!(reply.status, StatusCode::OK);
    let target = &world.server.requests(Endpoint::Introspection)[0].target;
    assert!(target.ends_with("/introspect?tenant=a"), "{target}");
}

#[tokio::test]
async fn d2_the_form_is_percent_encoded() {
    // The checklist's `a+b/c=~` is not a bearer token; this has the same characters and is one.
    let token = "a+b/c~=";
    let request = recorded(|issuer| issuer, token).await;
    assert_eq!(
        request.header("content-type"),
        Some("application/x-www-form-urlencoded")
    );
    let body = String::from_utf8(request.body.to_vec()).unwrap();
    assert!(
        ["token=a%2Bb%2Fc~%3D", "token=a%2Bb%2Fc%7E%3D"].contains(&body.as_str()),
        "{body}"
    );
    assert_eq!(request.form_value("token").as_deref(), Some(token));
}

#[tokio::test]
async fn d2_every_character_of_a_token_survives() {
    let token = "aAzZ09-._~+/==";
    let request = recorded(|issuer| issuer, token).await;
    assert_eq!(request.form_value("token").as_deref(), Some(token));
}

#[tokio::test]
async fn d3_the_hint_is_sent_only_when_configured() {
    let request = recorded(|issuer| issuer, "t").await;
    assert_eq!(request.form_value("token_type_hint"), None);
    let request = recorded(|issuer| issuer.token_type_hint("access_token"), "t").await;
    let hint = request.form_value("token_type_hint");
    assert_eq!(hint.as_deref(), Some("access_token"));
}

#[tokio::test]
async fn d3_a_hint_that_the_server_does_not_know_is_our_mistake() {
    let told = Told::with(|issuer| issuer.token_type_hint("at")).await;
    let reply = told.reply_to(told.good()).await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn d4_no_parameter_is_sent_twice() {
    let world = World::start().await;
    for (issuer, expected) in [
        (world.asking(), &["token", "token_type_hint"][..]),
        (
            world.realm().client_secret_post(CLIENT_ID, CLIENT_SECRET),
            &["client_id", "client_secret", "token", "token_type_hint"][..],
        ),
    ] {
        let issuer = issuer.token_type_hint("access_token").build().unwrap();
        world.server.clear_requests();
        let token = world.server.token().opaque();
        let reply = get(&protected(issuer.introspection()), &token).await;
        assert_eq!(reply.status, StatusCode::OK);
        let requests = world.server.requests(Endpoint::Introspection);
        let [request] = &requests[..] else {
            panic!("{} requests", requests.len());
        };
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for (name, _) in request.form() {
            *counts.entry(name).or_default() += 1;
        }
        assert!(counts.values().all(|count| *count == 1), "{counts:?}");
        assert!(counts.keys().eq(expected), "{counts:?}");
        assert_eq!(request.target.find('?'), None);
    }
}

/// Found where an issuer has no method of this name.
trait CannotBeAsked {
    fn introspection(&self) -> &'static str {
        "no such method"
    }

    fn hybrid(&self) -> &'static str {
        "no such method"
    }
}

impl<A> CannotBeAsked for Issuer<A> {}

#[tokio::test]
async fn d5_an_issuer_without_credentials_has_no_introspection() {
    let world = World::start().await;
    let endpoint = world.server.url(Endpoint::Introspection);
    let issuer = world.realm().introspection_endpoint(endpoint).build();
    let issuer = issuer.unwrap();
    // The build that fails is the compiler's: with inherent methods these lines would not compile.
    assert_eq!(issuer.introspection(), "no such method");
    assert_eq!(issuer.hybrid(), "no such method");

    // Whoever asks for a live answer all the same is told that it is a mistake, and nobody is
    // asked without credentials.
    let router = protected(issuer.jwt());
    let token = world.server.token().jwt();
    assert_eq!(get(&router, &token).await.status, StatusCode::OK);
    let reply = post_active(&router, &token).await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(world.server.request_count(Endpoint::Introspection), 0);
}

#[tokio::test]
async fn d5_empty_credentials_fail_the_build() {
    let world = World::start().await;
    for (id, secret, setting) in [
        (CLIENT_ID, "", "client_secret"),
        ("", CLIENT_SECRET, "client_id"),
    ] {
        for built in [
            world.realm().client_secret(id, secret).build(),
            world.realm().client_secret_post(id, secret).build(),
        ] {
            assert_eq!(built.unwrap_err().setting(), setting);
        }
    }
    for built in [
        world.realm().client_secret(CLIENT_ID, CLIENT_SECRET),
        world.realm().client_secret_post(CLIENT_ID, CLIENT_SECRET),
    ] {
        let router = protected(built.build().unwrap().introspection());
        let reply = get(&router, &world.server.token().opaque()).await;
        assert_eq!(reply.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn d23_plain_http_fails_the_build() {
    let asking = || {
        Issuer::builder("https://as.example")
            .unwrap()
            .audience(AUDIENCE)
            .client_secret(CLIENT_ID, CLIENT_SECRET)
    };
    for address in [
        "http://as.example/introspect",
        "http://localhost/introspect",
        "http://127.0.0.1.as.example/introspect",
        "http://169.254.169.254/introspect",
        "ftp://as.example/introspect",
        "/introspect",
        "",
    ] {
        let built = asking().introspection_endpoint(address).build();
        let error = built.expect_err(address);
        assert_eq!(error.setting(), "introspection_endpoint", "{address}");
    }
    for address in [
        "https://as.example/introspect",
        "http://127.0.0.1:8080/introspect",
        "http://[::1]:8080/introspect",
    ] {
        let built = asking().introspection_endpoint(address).build();
        assert!(built.is_ok(), "{address}");
    }
    let allowed = asking()
        .danger_allow_http()
        .introspection_endpoint("http://as.example/introspect");
    assert!(allowed.build().is_ok());
}

/// `{"active":true,"aud":"orders-api"}`, compressed.
const GZIPPED: &[u8] = &[
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xab, 0x56, 0x4a, 0x4c, 0x2e, 0xc9,
    0x2c, 0x4b, 0x55, 0xb2, 0x2a, 0x29, 0x2a, 0x4d, 0xd5, 0x51, 0x4a, 0x2c, 0x4d, 0x51, 0xb2, 0x52,
    0xca, 0x2f, 0x4a, 0x49, 0x2d, 0x2a, 0xd6, 0x4d, 0x2c, 0xc8, 0x54, 0xaa, 0x05, 0x00, 0x9b, 0xcd,
    0xec, 0xb0, 0x22, 0x00, 0x00, 0x00,
];

#[tokio::test]
async fn d24_compression_is_neither_asked_for_nor_undone() {
    let told = Told::start().await;
    assert_eq!(told.reply_to(told.good()).await.status, StatusCode::OK);
    told.reply_to(told.good()).await;
    for endpoint in [Endpoint::Discovery, Endpoint::Introspection] {
        for request in told.world.server.requests(endpoint) {
            assert!(!request.headers.contains_key(header::ACCEPT_ENCODING));
        }
    }
    let compressed = Answer::new(200)
        .header("content-type", "application/json")
        .header("content-encoding", "gzip")
        .body(GZIPPED);
    told.assert_unusable(compressed).await;
}
