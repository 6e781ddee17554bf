//! Cut-offs: the realm document, clients' own, and what is pushed of them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use portcullis_testing::{
    Answer, AuthorizationServer, DeliveryError, Endpoint, Fault, SigningAlgorithm,
};
use serde_json::{Value, json};

use crate::{
    receiver::Receiver,
    support::{START, TestClock, decode, get, get_json, http, is_active, verifies},
};

async fn start() -> (TestClock, AuthorizationServer) {
    let clock = TestClock::new();
    let server = AuthorizationServer::builder().clock(clock.as_function());
    (clock, server.start().await.unwrap())
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

#[tokio::test]
async fn the_realm_document_is_that_of_keycloak() {
    let (_, server) = start().await;
    assert_eq!(server.url(Endpoint::Realm), server.issuer());
    let answer = get(server.issuer()).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(
        answer.headers()["content-type"],
        "application/json;charset=UTF-8"
    );
    assert_eq!(answer.headers()["cache-control"], "no-cache");
    let key = server.signing_key(SigningAlgorithm::RS256);
    let mut expected = json!({
        "realm": "test",
        "public_key": STANDARD.encode(key.public_key_der()),
        "token-service": format!("{}/protocol/openid-connect", server.issuer()),
        "account-service": format!("{}/account", server.issuer()),
        "tokens-not-before": 0,
    });
    assert_eq!(answer.json::<Value>().await.unwrap(), expected);
    // In Keycloak the slash makes no difference, a later cut-off may lie ahead, and 0 lifts it.
    for (time, seconds) in [(START + 100, START + 100), (START, START), (0, 0)] {
        server.set_not_before(at(time));
        expected["tokens-not-before"] = json!(seconds);
        assert_eq!(get_json(format!("{}/", server.issuer())).await, expected);
    }
    let posted = http().post(server.issuer()).send().await.unwrap();
    assert_eq!(posted.status(), 405);
    assert_eq!(server.request_count(Endpoint::Realm), 5);

    server.inject(Endpoint::Realm, Fault::answer(Answer::new(503)).times(1));
    assert_eq!(get(server.issuer()).await.status(), 503);
    assert_eq!(get(server.issuer()).await.status(), 200);
    assert_eq!(get(server.url(Endpoint::Other)).await.status(), 404);
}

#[tokio::test]
async fn an_issuer_without_a_path_has_the_document_at_its_root() {
    let server = AuthorizationServer::builder().issuer_path("");
    let server = server.start().await.unwrap();
    let document = get_json(server.origin()).await;
    assert_eq!(document["realm"], "");
    assert_eq!(document["tokens-not-before"], 0);
    assert_eq!(server.request_count(Endpoint::Realm), 1);
    assert_eq!(
        get(server.well_known_url(portcullis_testing::WellKnown::OpenIdConfiguration))
            .await
            .status(),
        200
    );
}

#[tokio::test]
async fn a_clients_cut_off_ends_its_tokens_alone() {
    let (clock, server) = start().await;
    let alice = server.login("alice");
    let shop = alice.token().client("shop").jwt();
    let desk = alice.token().client("desk").opaque();
    server.set_client_not_before("shop", at(START));
    assert!(is_active(&server, &shop).await);
    server.set_client_not_before("shop", at(START + 1));
    assert!(!is_active(&server, &shop).await);
    assert!(is_active(&server, &desk).await);
    clock.advance(1);
    let later = alice.token().client("shop").jwt();
    assert!(is_active(&server, &later).await);
    // The later of both counts, whichever it is.
    server.set_not_before(at(START + 2));
    assert!(!is_active(&server, &later).await);
    server.set_not_before(UNIX_EPOCH);
    assert!(!is_active(&server, &shop).await);
    server.set_client_not_before("shop", UNIX_EPOCH);
    assert!(is_active(&server, &shop).await);
    assert_eq!(get_json(server.issuer()).await["tokens-not-before"], 0);
}

#[tokio::test]
async fn logout_all_ends_every_session_and_tells_nobody() {
    let receiver = Receiver::start().await;
    let (clock, server) = start().await;
    server.add_client(receiver.client("shop"));
    let alice = server.login("alice");
    let tokens = [
        alice.token().client("shop").jwt(),
        server.login("bob").token().opaque(),
        server.token().lightweight(),
    ];
    let machine = server.token().without_claim("sid").jwt();
    clock.advance(10);
    server.log_out_all();
    assert_eq!(
        get_json(server.issuer()).await["tokens-not-before"],
        START + 10
    );
    for token in tokens.iter().chain([&machine, &alice.token().jwt()]) {
        assert!(!is_active(&server, token).await);
    }
    assert!(is_active(&server, &server.login("alice").token().jwt()).await);
    assert!(receiver.requests().is_empty());

    // Lifting the cut-off brings back what had no session, and nothing else.
    server.set_not_before(UNIX_EPOCH);
    assert!(is_active(&server, &machine).await);
    for token in &tokens {
        assert!(!is_active(&server, token).await);
    }
}

#[tokio::test]
async fn a_cut_off_is_pushed_as_keycloak_does() {
    let receiver = Receiver::start().await;
    let (_, server) = start().await;
    let key = server.signing_key(SigningAlgorithm::RS256);
    server.set_not_before(at(START + 7));
    server.set_client_not_before("shop", at(START + 9));
    let admin_url = receiver.url("/admin/");
    for resource in ["orders-api", "shop"] {
        let answer = server.push_not_before(&admin_url, resource).await.unwrap();
        assert_eq!(answer.status, 200);
        server.push_logout(&admin_url, resource).await.unwrap();
    }
    assert_eq!(
        receiver.targets(),
        [
            "/admin/k_push_not_before",
            "/admin/k_logout",
            "/admin/k_push_not_before",
            "/admin/k_logout"
        ]
    );
    let expected = [
        ("orders-api", "PUSH_NOT_BEFORE", START + 7),
        ("orders-api", "LOGOUT", START + 7),
        ("shop", "PUSH_NOT_BEFORE", START + 9),
        ("shop", "LOGOUT", START + 9),
    ];
    for (request, (resource, action, not_before)) in receiver.requests().iter().zip(expected) {
        assert_eq!(request.method, "POST");
        assert_eq!(
            request.header("content-type"),
            Some("text/plain; charset=ISO-8859-1")
        );
        let message = std::str::from_utf8(&request.body).unwrap();
        assert!(verifies(message, &RSA_PKCS1_2048_8192_SHA256, &key));
        let (header, mut claims) = decode(message);
        assert_eq!(
            header,
            json!({"alg": "RS256", "typ": "JWT", "kid": key.key_id()})
        );
        let id = claims.as_object_mut().unwrap().remove("id").unwrap();
        assert!(id.as_str().unwrap().ends_with(&format!("-{START}000")));
        assert_eq!(
            claims,
            json!({
                "expiration": START + 30,
                "resource": resource,
                "action": action,
                "notBefore": not_before,
            })
        );
    }
    receiver.server.stop().await.unwrap();
    let failure = server.push_not_before(&admin_url, "shop").await;
    assert!(matches!(failure, Err(DeliveryError::Connection { .. })));
}

#[tokio::test]
async fn every_part_of_a_message_can_be_changed() {
    let (_, server) = start().await;
    let message = server
        .not_before_message("shop")
        .not_before(at(1_000))
        .expires_at(at(2_000))
        .claim("action", "TEST_AVAILABLE")
        .claim("iss", server.issuer())
        .without_claim("id")
        .header("typ", "logout+jwt")
        .without_header("kid")
        .algorithm(SigningAlgorithm::ES256)
        .jwt();
    let key = server.signing_key(SigningAlgorithm::ES256);
    assert!(verifies(&message, &ECDSA_P256_SHA256_FIXED, &key));
    let (header, claims) = decode(&message);
    assert_eq!(header, json!({"alg": "ES256", "typ": "logout+jwt"}));
    assert_eq!(
        claims,
        json!({
            "iss": server.issuer(),
            "expiration": 2_000,
            "resource": "shop",
            "action": "TEST_AVAILABLE",
            "notBefore": 1_000,
        })
    );
    let (_, order) = decode(&server.logout_message("shop").jwt());
    assert_eq!(order["action"], "LOGOUT");
    assert_eq!(order["notBefore"], 0);
}
