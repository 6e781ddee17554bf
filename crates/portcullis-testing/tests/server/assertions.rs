//! Client assertions: `client_secret_jwt` and `private_key_jwt`.

use std::sync::atomic::{AtomicU64, Ordering};

use portcullis_testing::{
    AuthenticationMethod, AuthorizationServer, AuthorizationServerBuilder, Client, Endpoint,
    KeyError, SigningAlgorithm, SigningKey,
};
use reqwest::Response;
use serde_json::{Map, Value, json};

use crate::support::{START, TestClock, http};

const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const SECRET: &str = "a-secret-of-more-than-thirty-two-octets";

async fn start(clients: impl IntoIterator<Item = Client>) -> AuthorizationServer {
    let clock = TestClock::new();
    let builder = AuthorizationServer::builder().clock(clock.as_function());
    let builder = clients
        .into_iter()
        .fold(builder, AuthorizationServerBuilder::add_client);
    builder.start().await.unwrap()
}

/// Good claims of an assertion of `orders-api`, with an id of its own, and what is changed.
fn claims(server: &AuthorizationServer, changes: &Value) -> Value {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut claims: Map<String, Value> = Map::new();
    for (name, value) in [
        ("iss", json!("orders-api")),
        ("sub", json!("orders-api")),
        ("aud", json!(server.issuer())),
        ("iat", json!(START)),
        ("exp", json!(START + 60)),
        (
            "jti",
            json!(NEXT.fetch_add(1, Ordering::SeqCst).to_string()),
        ),
    ] {
        claims.insert(name.to_owned(), value);
    }
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            claims.remove(name);
        } else {
            claims.insert(name.clone(), value.clone());
        }
    }
    Value::Object(claims)
}

fn sign(key: &SigningKey, claims: &Value) -> String {
    let header = json!({
        "alg": key.algorithm().name(),
        "kid": key.key_id(),
        "typ": "client-authentication+jwt",
    });
    key.sign_raw(header.to_string(), claims.to_string())
}

async fn send(server: &AuthorizationServer, fields: &[(&str, &str)]) -> Response {
    let request = http().post(server.url(Endpoint::Introspection));
    request.form(fields).send().await.unwrap()
}

async fn authenticate(server: &AuthorizationServer, assertion: &str) -> Response {
    let fields = [
        ("token", "x"),
        ("client_assertion_type", TYPE),
        ("client_assertion", assertion),
    ];
    send(server, &fields).await
}

async fn status(server: &AuthorizationServer, assertion: &str) -> u16 {
    authenticate(server, assertion).await.status().as_u16()
}

#[tokio::test]
async fn every_asymmetric_algorithm_authenticates_with_jwk_and_pem() {
    let server = start([]).await;
    for algorithm in SigningAlgorithm::ALL {
        if algorithm.name().starts_with("HS") {
            continue;
        }
        let key = SigningKey::generate(algorithm);
        let by_pem = Client::public("orders-api").public_key_pem(&key.public_key_pem());
        let clients = [
            Client::with_public_key("orders-api", &key),
            Client::public("orders-api").jwks(&json!({"keys": [{"kty": "oct"}, key.jwk()]})),
            by_pem.unwrap(),
        ];
        for client in clients {
            server.add_client(client);
            let assertion = sign(&key, &claims(&server, &json!({})));
            assert_eq!(status(&server, &assertion).await, 200, "{algorithm}");
            let strangers = SigningKey::generate(algorithm).with_key_id(key.key_id());
            let assertion = sign(&strangers, &claims(&server, &json!({})));
            assert_eq!(status(&server, &assertion).await, 401, "{algorithm}");
        }
    }
    let refused = Client::public("orders-api").public_key_pem("garbage");
    assert!(matches!(refused, Err(KeyError::Pem)));
}

#[tokio::test]
async fn every_hmac_authenticates_over_the_secret() {
    let server = start([Client::new("orders-api", SECRET)]).await;
    for name in ["HS256", "HS384", "HS512"] {
        let algorithm = SigningAlgorithm::ALL.into_iter().find(|a| a.name() == name);
        let key = |secret: &str| SigningKey::hmac(algorithm.unwrap(), secret).unwrap();
        let good = sign(&key(SECRET), &claims(&server, &json!({})));
        assert_eq!(status(&server, &good).await, 200, "{name}");
        let bad = sign(&key("another secret"), &claims(&server, &json!({})));
        assert_eq!(status(&server, &bad).await, 401, "{name}");
    }
}

#[tokio::test]
async fn a_public_key_is_no_secret() {
    let key = SigningKey::generate(SigningAlgorithm::RS256);
    let server = start([Client::with_public_key("orders-api", &key)]).await;
    for secret in [key.public_key_pem().into_bytes(), key.public_key_der()] {
        let confused = SigningKey::hmac(SigningAlgorithm::HS256, secret)
            .unwrap()
            .with_key_id(key.key_id());
        let assertion = sign(&confused, &claims(&server, &json!({})));
        assert_eq!(status(&server, &assertion).await, 401);
    }
    let unsigned = key.sign_raw(r#"{"alg":"none"}"#, claims(&server, &json!({})).to_string());
    let (message, _) = unsigned.rsplit_once('.').unwrap();
    assert_eq!(status(&server, &format!("{message}.")).await, 401);
}

#[tokio::test]
async fn the_header_binds_key_algorithm_and_type() {
    let key = SigningKey::generate(SigningAlgorithm::RS256);
    let server = start([Client::with_public_key("orders-api", &key)]).await;
    let with = async |header: Value| {
        let assertion = key.sign_raw(header.to_string(), claims(&server, &json!({})).to_string());
        status(&server, &assertion).await
    };
    assert_eq!(with(json!({"alg": "RS256"})).await, 200);
    assert_eq!(with(json!({"alg": "RS256", "typ": "JWT"})).await, 200);
    assert_eq!(
        with(json!({"alg": "RS256", "kid": key.key_id()})).await,
        200
    );
    assert_eq!(with(json!({"alg": "RS256", "kid": "another"})).await, 401);
    assert_eq!(with(json!({"alg": "RS256", "typ": "at+jwt"})).await, 401);
    assert_eq!(
        with(json!({"alg": "RS256", "crit": ["x"], "x": 1})).await,
        401
    );
    assert_eq!(with(json!({"alg": "PS256"})).await, 401);
    assert_eq!(with(json!({"alg": "RSA"})).await, 401);
    assert_eq!(with(json!({})).await, 401);
    let other = key.with_algorithm(SigningAlgorithm::PS256).unwrap();
    let assertion = sign(&other, &claims(&server, &json!({})));
    assert_eq!(status(&server, &assertion).await, 401);
}

#[tokio::test]
async fn each_claim_is_checked() {
    let key = SigningKey::generate(SigningAlgorithm::ES256);
    let server = start([Client::with_public_key("orders-api", &key)]).await;
    let endpoint = server.url(Endpoint::Introspection);
    let good = [
        json!({}),
        json!({"iat": null}),
        json!({"exp": START + 300}),
        json!({"exp": START + 1}),
        json!({"nbf": START}),
    ];
    for changes in good {
        let assertion = sign(&key, &claims(&server, &changes));
        assert_eq!(status(&server, &assertion).await, 200, "{changes}");
    }
    let bad = [
        json!({"iss": "another"}),
        json!({"iss": null}),
        json!({"sub": "another"}),
        json!({"iss": "another", "sub": "another"}),
        json!({"aud": null}),
        json!({"aud": [server.issuer()]}),
        json!({"aud": endpoint}),
        json!({"aud": format!("{}/", server.issuer())}),
        json!({"exp": null}),
        json!({"exp": START}),
        json!({"exp": START + 301}),
        json!({"exp": (START + 60).to_string()}),
        json!({"iat": START + 1}),
        json!({"nbf": START + 1}),
        json!({"jti": null}),
        json!({"jti": ""}),
        json!({"jti": 7}),
    ];
    for changes in bad {
        let assertion = sign(&key, &claims(&server, &changes));
        let refused = authenticate(&server, &assertion).await;
        assert_eq!(refused.status(), 401, "{changes}");
        let body: Value = refused.json().await.unwrap();
        assert_eq!(body["error"], "invalid_client", "{changes}");
    }
}

#[tokio::test]
async fn an_assertion_is_taken_once() {
    let key = SigningKey::generate(SigningAlgorithm::ES256);
    let server = start([Client::with_public_key("orders-api", &key)]).await;
    let forged = SigningKey::generate(SigningAlgorithm::ES256).with_key_id(key.key_id());
    let claims = claims(&server, &json!({}));
    assert_eq!(status(&server, &sign(&forged, &claims)).await, 401);
    assert_eq!(status(&server, &sign(&key, &claims)).await, 200);
    assert_eq!(status(&server, &sign(&key, &claims)).await, 401);
    let recorded = server.requests(Endpoint::Introspection);
    let assertion = recorded.last().unwrap().form_value("client_assertion");
    assert!(assertion.is_some());
}

#[tokio::test]
async fn old_servers_take_their_endpoints_as_audience() {
    let key = SigningKey::generate(SigningAlgorithm::ES256);
    let server = start([Client::with_public_key("orders-api", &key)]).await;
    let with = async |audience: Value| {
        let assertion = sign(&key, &claims(&server, &json!({"aud": audience})));
        status(&server, &assertion).await
    };
    let token_endpoint = server.url(Endpoint::Token);
    server.accept_endpoint_audiences(true);
    assert_eq!(with(json!(token_endpoint)).await, 200);
    assert_eq!(with(json!(server.url(Endpoint::Introspection))).await, 200);
    assert_eq!(with(json!(["x", token_endpoint])).await, 200);
    assert_eq!(with(json!(server.issuer())).await, 200);
    assert_eq!(with(json!("x")).await, 401);
    assert_eq!(with(json!(server.url(Endpoint::Jwks))).await, 401);
    server.accept_endpoint_audiences(false);
    assert_eq!(with(json!(token_endpoint)).await, 401);

    server.add_client(
        Client::with_public_key("orders-api", &key).assertion_audiences([&token_endpoint]),
    );
    assert_eq!(with(json!(token_endpoint)).await, 200);
    assert_eq!(with(json!(server.issuer())).await, 401);
}

#[tokio::test]
async fn the_parameters_around_an_assertion_agree_with_it() {
    let key = SigningKey::hmac(SigningAlgorithm::HS256, SECRET).unwrap();
    let server = start([Client::new("orders-api", SECRET)]).await;
    let fresh = || sign(&key, &claims(&server, &json!({})));
    let post = async |kind: &str, more: &[(&str, &str)]| {
        let assertion = fresh();
        let mut fields = vec![
            ("token", "x"),
            ("client_assertion_type", kind),
            ("client_assertion", assertion.as_str()),
        ];
        fields.extend(more);
        send(&server, &fields).await.status().as_u16()
    };
    assert_eq!(post(TYPE, &[("client_id", "orders-api")]).await, 200);
    assert_eq!(post(TYPE, &[("client_id", "another")]).await, 401);
    let saml = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer";
    assert_eq!(post(saml, &[]).await, 401);
    assert_eq!(post(TYPE, &[("client_secret", SECRET)]).await, 400);

    let untyped = [("token", "x"), ("client_assertion", &fresh())];
    assert_eq!(send(&server, &untyped).await.status(), 401);
    let assertion = fresh();
    let both = http()
        .post(server.url(Endpoint::Introspection))
        .basic_auth("orders-api", Some(SECRET))
        .form(&[
            ("token", "x"),
            ("client_assertion_type", TYPE),
            ("client_assertion", &assertion),
        ]);
    assert_eq!(both.send().await.unwrap().status(), 400);
    // What was refused for its company has not been used up.
    assert_eq!(status(&server, &assertion).await, 200);
}

#[tokio::test]
async fn the_other_endpoints_take_assertions_too() {
    let key = SigningKey::generate(SigningAlgorithm::EdDSA);
    let server = start([Client::with_public_key("orders-api", &key)]).await;
    let post = async |endpoint, name: &str, value: &str| {
        let assertion = sign(&key, &claims(&server, &json!({})));
        let fields = [
            (name, value),
            ("client_assertion_type", TYPE),
            ("client_assertion", &assertion),
        ];
        let request = http().post(server.url(endpoint)).form(&fields);
        request.send().await.unwrap().status().as_u16()
    };
    let granted = post(Endpoint::Token, "grant_type", "client_credentials").await;
    assert_eq!(granted, 200);
    let token = server.token().jwt();
    assert_eq!(post(Endpoint::Revocation, "token", &token).await, 200);
    assert_eq!(server.introspect(&token), json!({"active": false}));
}

#[tokio::test]
async fn a_method_is_refused_unless_server_and_client_allow_it() {
    let key = SigningKey::generate(SigningAlgorithm::ES256);
    let hmac = SigningKey::hmac(SigningAlgorithm::HS256, SECRET).unwrap();
    let server = start([]).await;
    let statuses = async || {
        let url = server.url(Endpoint::Introspection);
        let basic = http().post(&url).basic_auth("orders-api", Some(SECRET));
        let basic = basic.form(&[("token", "x")]).send().await.unwrap();
        let fields = [
            ("token", "x"),
            ("client_id", "orders-api"),
            ("client_secret", SECRET),
        ];
        let post = send(&server, &fields).await;
        [
            basic.status().as_u16(),
            post.status().as_u16(),
            status(&server, &sign(&hmac, &claims(&server, &json!({})))).await,
            status(&server, &sign(&key, &claims(&server, &json!({})))).await,
        ]
    };
    let client = || Client::new("orders-api", SECRET).public_key(&key);
    server.add_client(client());
    assert_eq!(statuses().await, [200, 200, 200, 200]);
    let methods = AuthenticationMethod::ALL.into_iter().take(4);
    for (position, method) in methods.enumerate() {
        let mut expected = [401; 4];
        expected[position] = 200;
        server.add_client(client().authentication_methods([method]));
        assert_eq!(statuses().await, expected, "{method}");
        server.add_client(client());
        server.set_authentication_methods([method]);
        assert_eq!(statuses().await, expected, "{method}");
        server.set_authentication_methods(AuthenticationMethod::ALL);
    }
}
