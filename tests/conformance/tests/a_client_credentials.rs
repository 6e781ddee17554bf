//! A. The resource server's credentials towards the authorization server (RFC 6749 §2.3.1,
//! RFC 7617), as they arrive there.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use portcullis::{
    BasicEncoding, ClientAuthentication, HttpClient, HttpFuture, IssuerBuilder, Limits,
    WithCredentials,
};
use portcullis_conformance::{World, get, protected};
use portcullis_testing::{Client, Endpoint, RecordedRequest};

/// Introspects one token with these settings and gives the request as the server had it. The
/// server knows the client and lets the token through: it understood who asked.
async fn asked(
    world: &World,
    client: Client,
    settings: impl FnOnce(IssuerBuilder) -> IssuerBuilder<WithCredentials>,
) -> RecordedRequest {
    world.server.add_client(client);
    let issuer = settings(world.realm()).build().unwrap();
    let reply = get(
        &protected(issuer.introspection()),
        &world.server.token().opaque(),
    )
    .await;
    assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    let mut requests = world.server.requests(Endpoint::Introspection);
    assert_eq!(requests.len(), 1);
    world.server.clear_requests();
    requests.remove(0)
}

/// The `Authorization` header for an id and a secret by the default way, `client_secret`.
async fn basic(world: &World, id: &str, secret: &str) -> String {
    let request = asked(world, Client::new(id, secret), |realm| {
        realm.client_secret(id, secret)
    });
    let request = request.await;
    request.header("authorization").unwrap().to_owned()
}

/// The same for a server that takes credentials as they are.
async fn raw(world: &World, id: &str, secret: &str) -> String {
    let client = Client::new(id, secret).raw_basic_credentials();
    let authentication = ClientAuthentication::client_secret_basic(id, secret)
        .unwrap()
        .basic_encoding(BasicEncoding::Raw);
    let request = asked(world, client, |realm| {
        realm.client_authentication(authentication)
    });
    let request = request.await;
    request.header("authorization").unwrap().to_owned()
}

fn payload(header: &str) -> String {
    let encoded = header.strip_prefix("Basic ").unwrap();
    String::from_utf8(STANDARD.decode(encoded).unwrap()).unwrap()
}

#[tokio::test]
async fn a1_id_and_secret_are_form_encoded_before_basic() {
    let world = World::start().await;
    let header = basic(&world, "rs client", "p@ss:w%rd+/é").await;
    assert_eq!(
        header,
        "Basic cnMrY2xpZW50OnAlNDBzcyUzQXclMjVyZCUyQiUyRiVDMyVBOQ=="
    );
    assert_eq!(payload(&header), "rs+client:p%40ss%3Aw%25rd%2B%2F%C3%A9");
}

#[tokio::test]
async fn a2_the_example_of_the_specification_is_encoded_as_printed() {
    let world = World::start().await;
    let header = basic(&world, "rs", " %&+£€").await;
    assert_eq!(payload(&header), "rs:+%25%26%2B%C2%A3%E2%82%AC");
}

#[tokio::test]
async fn a3_a_colon_in_the_id_does_not_shift_the_split() {
    let world = World::start().await;
    assert_eq!(basic(&world, "a:b", "c:d").await, "Basic YSUzQWI6YyUzQWQ=");
}

#[tokio::test]
async fn a3_a_colon_that_would_shift_a_raw_split_fails_the_build() {
    let world = World::start().await;
    let build = |id: &str, encoding| {
        let client = ClientAuthentication::client_secret_basic(id, "c:d").unwrap();
        let realm = world.realm();
        realm
            .client_authentication(client.basic_encoding(encoding))
            .build()
            .map(drop)
    };
    assert!(build("a:b", BasicEncoding::Raw).is_err());
    assert!(build("a:b", BasicEncoding::FormEncoded).is_ok());
    assert!(build("ab", BasicEncoding::Raw).is_ok());
}

#[tokio::test]
async fn a4_a_plain_ascii_pair_stays_as_it_is() {
    let world = World::start().await;
    assert_eq!(
        basic(&world, "s6BhdRkqt3", "gX1fBat3bV").await,
        "Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW"
    );
}

const PUNCTUATED_ID: &str = "content-cyrus-client";
const PUNCTUATED_SECRET: &str = "#NdhMw3!?:R+7_8{EsKU44W(";

#[tokio::test]
async fn a5_a_keycloak_secret_full_of_punctuation_is_encoded() {
    let world = World::start().await;
    assert_eq!(
        basic(&world, PUNCTUATED_ID, PUNCTUATED_SECRET).await,
        "Basic Y29udGVudC1jeXJ1cy1jbGllbnQ6JTIzTmRoTXczJTIxJTNGJTNBUiUyQjdfOCU3QkVzS1U0NFclMjg="
    );
}

#[tokio::test]
async fn a6_raw_basic_is_a_switch() {
    let world = World::start().await;
    assert_eq!(
        raw(&world, PUNCTUATED_ID, PUNCTUATED_SECRET).await,
        "Basic Y29udGVudC1jeXJ1cy1jbGllbnQ6I05kaE13MyE/OlIrN184e0VzS1U0NFco"
    );
}

#[tokio::test]
async fn a7_basic_uses_the_standard_alphabet_with_padding() {
    let world = World::start().await;
    // Form-encoded text never comes to `+` or `/` in base64, raw text does.
    assert_eq!(raw(&world, "ab", "xy?xy>z").await, "Basic YWI6eHk/eHk+eg==");
    assert_eq!(basic(&world, "ab", "xy").await, "Basic YWI6eHk=");
    assert_eq!(basic(&world, "ab", "xyz").await, "Basic YWI6eHl6");
    assert_eq!(basic(&world, "a", "z").await, "Basic YTp6");
}

#[tokio::test]
async fn a8_a_request_authenticates_by_one_method_only() {
    let world = World::start().await;
    let known = || Client::new("rs client", "p@ss:w%rd+/é");
    let post = asked(&world, known(), |realm| {
        realm.client_secret_post("rs client", "p@ss:w%rd+/é")
    });
    let post = post.await;
    assert!(!post.headers.contains_key(header::AUTHORIZATION));
    assert_eq!(post.form_value("client_id").as_deref(), Some("rs client"));
    assert_eq!(
        post.form_value("client_secret").as_deref(),
        Some("p@ss:w%rd+/é")
    );
    let basic = asked(&world, known(), |realm| {
        realm.client_secret("rs client", "p@ss:w%rd+/é")
    });
    let basic = basic.await;
    assert!(basic.headers.contains_key(header::AUTHORIZATION));
    let names: Vec<_> = basic.form().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["token"]);
}

#[tokio::test]
async fn a9_the_secret_is_never_in_the_uri() {
    let world = World::start().await;
    let secret = "hush-hush";
    let known = || Client::new("rs", secret);
    let endpoint = world.server.url(Endpoint::Introspection);
    let with_query = format!("{endpoint}?tenant=a");
    let post = |realm: IssuerBuilder| realm.client_secret_post("rs", secret);
    let basic = |realm: IssuerBuilder| realm.client_secret("rs", secret);
    let requests = [
        asked(&world, known(), post).await,
        asked(&world, known(), basic).await,
        asked(&world, known(), |realm| {
            post(realm.introspection_endpoint(&with_query))
        })
        .await,
    ];
    for request in &requests {
        assert!(!request.target.contains(secret), "{}", request.target);
        assert!(
            !request.target.contains("client_secret"),
            "{}",
            request.target
        );
        assert!(!request.target.contains("token="), "{}", request.target);
    }
    assert!(requests[2].target.ends_with("?tenant=a"), "a query stays");
}

#[tokio::test]
async fn a10_an_empty_secret_or_an_unprintable_id_fails_the_build() {
    let world = World::start().await;
    let built = |id: &str, secret: &str| {
        [
            world.realm().client_secret(id, secret).build().map(drop),
            world
                .realm()
                .client_secret_post(id, secret)
                .build()
                .map(drop),
        ]
    };
    for (id, secret, setting) in [
        ("rs", "", "client_secret"),
        ("", "secret", "client_id"),
        ("a\nb", "secret", "client_id"),
        ("a\0b", "secret", "client_id"),
        ("a\x7fb", "secret", "client_id"),
        ("a\u{85}b", "secret", "client_id"),
    ] {
        for outcome in built(id, secret) {
            let error = outcome.unwrap_err();
            assert_eq!(error.setting(), setting, "{id:?} {secret:?}");
        }
    }
    for outcome in built("rs", "secret") {
        assert_eq!(outcome, Ok(()));
    }
}

/// Keeps what the library was about to send, and answers in the server's stead.
#[derive(Debug, Clone, Default)]
struct Outgoing {
    requests: Arc<Mutex<Vec<Request<Bytes>>>>,
}

impl HttpClient for Outgoing {
    fn send(&self, request: Request<Bytes>, _: Limits) -> HttpFuture {
        self.requests.lock().unwrap().push(request);
        let mut answer = Response::new(Bytes::from_static(
            br#"{"active":true,"sub":"alice","aud":"orders-api"}"#,
        ));
        let json = HeaderValue::from_static("application/json");
        answer.headers_mut().insert(header::CONTENT_TYPE, json);
        Box::pin(async move { Ok(answer) })
    }
}

#[tokio::test]
async fn a11_the_outgoing_authorization_is_marked_sensitive() {
    let world = World::start().await;
    for encoding in [BasicEncoding::FormEncoded, BasicEncoding::Raw] {
        let outgoing = Outgoing::default();
        let client = ClientAuthentication::client_secret_basic("rs", "hush").unwrap();
        let issuer = world
            .realm()
            .http_client(outgoing.clone())
            .introspection_endpoint(world.server.url(Endpoint::Introspection))
            .client_authentication(client.basic_encoding(encoding))
            .build()
            .unwrap();
        let reply = get(&protected(issuer.introspection()), "an-opaque-token").await;
        assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
        let requests = outgoing.requests.lock().unwrap();
        let value = &requests[0].headers()[header::AUTHORIZATION];
        assert_eq!(value, "Basic cnM6aHVzaA==");
        assert!(value.is_sensitive(), "{encoding:?}");
        let printed = format!("{:?}", requests[0].headers());
        assert!(!printed.contains("cnM6aHVzaA"), "{printed}");
    }
}
