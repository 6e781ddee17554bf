//! Logout with notice: who is told, in which order, and when the session ends.

use std::{sync::Arc, time::Duration};

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256};
use portcullis_testing::{
    Answer, AuthorizationServer, Client, DeliveryError, Endpoint, Fault, NoticeDelivery,
    SigningAlgorithm,
};
use serde_json::json;

use crate::{
    receiver::Receiver,
    support::{decode, is_active, verifies},
};

async fn start(clients: impl IntoIterator<Item = Client>) -> Arc<AuthorizationServer> {
    let mut builder = AuthorizationServer::builder().client("orders-api", "orders-secret");
    for client in clients {
        builder = builder.add_client(client);
    }
    Arc::new(builder.start().await.unwrap())
}

fn statuses(deliveries: &[NoticeDelivery]) -> Vec<(&str, Option<u16>)> {
    let status = |delivery: &NoticeDelivery| delivery.status();
    deliveries
        .iter()
        .map(|delivery| (delivery.client.as_str(), status(delivery)))
        .collect()
}

#[tokio::test]
async fn those_who_take_part_are_told_and_nobody_else() {
    let receiver = Receiver::start().await;
    let server = start([
        receiver.client("shop"),
        receiver.client("desk"),
        receiver.client("absent"),
        Client::public("silent"),
    ])
    .await;
    let alice = server.login("alice");
    let other = server.login("alice").token().client("shop").jwt();
    let tokens = [
        alice.token().client("silent").jwt(),
        alice.token().client("shop").lightweight(),
        alice.token().client("shop").opaque(),
    ];
    alice.joined_by("desk");
    alice.joined_by("unknown");
    // A token of the session that the server has not issued makes nobody take part.
    let _ = alice.token().client("absent").signature([]).jwt();

    let deliveries = alice.log_out().await;
    assert_eq!(
        statuses(&deliveries),
        [("shop", Some(200)), ("desk", Some(200))]
    );
    assert_eq!(deliveries[0].url, receiver.url("/shop"));
    assert_eq!(receiver.targets(), ["/shop", "/desk"]);
    for token in &tokens {
        assert!(!is_active(&server, token).await);
    }
    assert!(is_active(&server, &other).await);

    let [shop, desk] = receiver.logout_tokens().try_into().unwrap();
    let key = server.signing_key(SigningAlgorithm::RS256);
    for (token, audience) in [(&shop, "shop"), (&desk, "desk")] {
        assert!(verifies(token, &RSA_PKCS1_2048_8192_SHA256, &key));
        let (header, claims) = decode(token);
        assert_eq!(header["typ"], "logout+jwt");
        assert_eq!(claims["aud"], audience);
        assert_eq!(claims["sid"], alice.id());
        assert_eq!(claims["sub"], "alice");
    }
    assert_ne!(decode(&shop).1["jti"], decode(&desk).1["jti"]);
    let request = receiver.requests().remove(0);
    assert_eq!(request.method, "POST");
    assert_eq!(
        request.header("content-type"),
        Some("application/x-www-form-urlencoded")
    );
    assert_eq!(request.form().len(), 1);
}

#[tokio::test]
async fn one_after_another_and_only_then_the_session_ends() {
    let receiver = Receiver::start().await;
    let server = start([receiver.client("shop"), receiver.client("desk")]).await;
    let alice = server.login("alice");
    let token = alice.token().client("shop").jwt();
    alice.joined_by("desk");
    let notices = receiver.hold();
    let ends = server.hold_session_end();
    let logout = tokio::spawn({
        let alice = alice.clone();
        async move { alice.log_out().await }
    });
    for told in 1..=2 {
        receiver.wait_for(told).await;
        notices.wait_for(1).await;
        assert_eq!(receiver.targets().len(), told);
        assert!(is_active(&server, &token).await);
        // What is minted meanwhile is of the session, and ends with it.
        assert!(is_active(&server, &alice.token().jwt()).await);
        notices.release_one();
    }
    ends.wait_for(1).await;
    let late = alice.token().jwt();
    assert!(is_active(&server, &token).await);
    ends.release();
    assert_eq!(logout.await.unwrap().len(), 2);
    for token in [&token, &late, &alice.token().jwt()] {
        assert!(!is_active(&server, token).await);
    }
    assert_eq!(receiver.targets().len(), 2);
}

#[tokio::test]
async fn a_notice_is_sent_once_whatever_comes_back() {
    let receiver = Receiver::start().await;
    let server = start([receiver.client("shop")]).await;
    let log_out = async || {
        let alice = server.login("alice");
        let token = alice.token().client("shop").jwt();
        let mut deliveries = server.log_out(alice.id()).await;
        assert!(!is_active(&server, &token).await);
        deliveries.remove(0).outcome
    };
    for status in [204, 302, 400, 500, 503] {
        receiver.answers(Fault::answer(
            Answer::new(status).header("location", receiver.url("/elsewhere")),
        ));
        assert_eq!(log_out().await.unwrap().status, status);
    }
    receiver.answers(Fault::answer(
        Answer::json(&json!({"error": "invalid_request"})).status(400),
    ));
    let answer = log_out().await.unwrap();
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.body, r#"{"error":"invalid_request"}"#);
    for fault in [
        Fault::drop_before_answer(),
        Fault::drop_mid_answer().with_answer(Answer::new(200).body("so far")),
        Fault::endless_body(),
        Fault::content_length(usize::MAX),
    ] {
        receiver.answers(fault);
        let failure = log_out().await.unwrap_err();
        assert!(matches!(failure, DeliveryError::Answer { .. }), "{failure}");
    }
    let told = receiver.targets();
    assert_eq!(told.len(), 10);
    assert!(told.iter().all(|target| target == "/shop"));

    receiver.server.stop().await.unwrap();
    let failure = log_out().await.unwrap_err();
    assert!(
        matches!(failure, DeliveryError::Connection { .. }),
        "{failure}"
    );
}

#[tokio::test]
async fn a_receiver_that_hangs_is_given_up_after_five_seconds() {
    let receiver = Receiver::start().await;
    receiver.answers(Fault::hang().times(1));
    let server = start([receiver.client("shop"), receiver.client("desk")]).await;
    let alice = server.login("alice");
    alice.joined_by("shop");
    alice.joined_by("desk");
    let logout = tokio::spawn(async move { alice.log_out().await });
    receiver.wait_for(1).await;
    receiver
        .server
        .inject(Endpoint::Other, Fault::answer(Answer::new(200)));
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(5)).await;
    tokio::time::resume();
    let deliveries = logout.await.unwrap();
    assert_eq!(statuses(&deliveries), [("shop", None), ("desk", Some(200))]);
    assert!(matches!(
        deliveries[0].outcome,
        Err(DeliveryError::Silence { .. })
    ));
}

#[tokio::test]
async fn only_plain_http_can_be_pushed_to() {
    let server = AuthorizationServer::start().await.unwrap();
    let token = server.logout_token().jwt();
    for url in [
        "https://127.0.0.1:1/",
        "127.0.0.1:1",
        "/logout",
        "http://",
        "",
        "http://a@b/",
    ] {
        let refused = server.push_logout_token(url, &token).await.unwrap_err();
        assert!(matches!(refused, DeliveryError::Url { .. }), "{url}");
    }
    let receiver = Receiver::start().await;
    let url = receiver.url("/logout?tenant=a");
    let answer = server.push_logout_token(&url, "no token").await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(receiver.targets(), ["/logout?tenant=a"]);
    assert_eq!(receiver.logout_tokens(), ["no token"]);
}

#[tokio::test]
async fn a_client_says_how_it_is_told() {
    let receiver = Receiver::start().await;
    let server = start([
        receiver.client("whole").backchannel_session_required(false),
        receiver
            .client("signed")
            .id_token_algorithm(SigningAlgorithm::PS256),
        receiver
            .client("secret")
            .id_token_algorithm(SigningAlgorithm::HS256),
    ])
    .await;
    let alice = server.login("alice");
    for client in ["whole", "signed", "secret"] {
        alice.joined_by(client);
    }
    alice.log_out().await;
    let [whole, signed, secret] = receiver.logout_tokens().try_into().unwrap();
    let (_, claims) = decode(&whole);
    assert_eq!(claims["sub"], "alice");
    assert!(claims.get("sid").is_none());
    let key = server.signing_key(SigningAlgorithm::PS256);
    assert!(verifies(&signed, &RSA_PSS_2048_8192_SHA256, &key));
    let (header, _) = decode(&secret);
    assert_eq!(header["alg"], "HS256");
    let published = server.jwks().to_string();
    assert!(!published.contains(header["kid"].as_str().unwrap()));
}

#[tokio::test]
async fn an_ended_session_and_a_silent_end_tell_nobody() {
    let receiver = Receiver::start().await;
    let server = start([receiver.client("shop")]).await;
    let alice = server.login("alice");
    alice.joined_by("shop");
    let token = alice.token().jwt();
    alice.end();
    assert!(!is_active(&server, &token).await);
    assert!(alice.log_out().await.is_empty());
    assert!(server.log_out("unknown").await.is_empty());

    // A session that began with a token alone is told of as well.
    let token = server.token().client("shop").subject("bob").jwt();
    let sid = decode(&token).1["sid"].as_str().unwrap().to_owned();
    assert_eq!(server.log_out(&sid).await.len(), 1);
    assert_eq!(decode(&receiver.logout_tokens()[0]).1["sub"], "bob");
    assert!(server.log_out(&sid).await.is_empty());
    assert_eq!(receiver.targets().len(), 1);
}
