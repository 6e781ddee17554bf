//! Security event tokens: what they say, how they are pushed and polled for.

use std::{
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use aws_lc_rs::signature::{ED25519, RSA_PKCS1_2048_8192_SHA256};
use portcullis_testing::{
    Answer, AuthorizationServer, DeliveryError, Endpoint, Fault, SigningAlgorithm,
};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

use crate::{
    receiver::Receiver,
    support::{START, TestClock, decode, http, introspect, verifies},
};

const CAEP: &str = "https://schemas.openid.net/secevent/caep/event-type";

fn poll_request(server: &AuthorizationServer, body: &Value) -> RequestBuilder {
    http().post(server.url(Endpoint::SecurityEvents)).json(body)
}

async fn poll(server: &AuthorizationServer, body: Value) -> Value {
    let answer = poll_request(server, &body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/json");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    answer.json().await.unwrap()
}

/// What is there now, without waiting.
async fn poll_now(server: &AuthorizationServer) -> Value {
    poll(server, json!({"returnImmediately": true})).await
}

#[tokio::test]
async fn the_events_of_a_session_are_those_of_caep() {
    let clock = TestClock::new();
    let server = AuthorizationServer::builder()
        .clock(clock.as_function())
        .start()
        .await
        .unwrap();
    let alice = server.login("alice");
    clock.advance(5);
    let key = server.signing_key(SigningAlgorithm::RS256);
    let now = START + 5;
    let password = json!({
        "event_timestamp": now,
        "credential_type": "password",
        "change_type": "update",
    });
    for (builder, name, event) in [
        (
            alice.session_revoked(),
            "session-revoked",
            json!({"event_timestamp": now}),
        ),
        (alice.credential_change(), "credential-change", password),
    ] {
        let token = builder.jwt();
        assert!(verifies(&token, &RSA_PKCS1_2048_8192_SHA256, &key));
        let (header, mut claims) = decode(&token);
        assert_eq!(
            header,
            json!({"alg": "RS256", "typ": "secevent+jwt", "kid": key.key_id()})
        );
        assert!(claims.as_object_mut().unwrap().remove("jti").is_some());
        let user = json!({"format": "iss_sub", "iss": server.issuer(), "sub": "alice"});
        let session = json!({"format": "opaque", "id": alice.id()});
        let expected = json!({
            "iss": server.issuer(),
            "aud": server.audience(),
            "iat": now,
            "sub_id": {"format": "complex", "user": user, "session": session},
            "events": {format!("{CAEP}/{name}"): event},
        });
        assert_eq!(claims, expected);
        assert_eq!(introspect(&server, &token).await, json!({"active": false}));
    }
}

#[tokio::test]
async fn every_part_can_be_changed() {
    let server = AuthorizationServer::start().await.unwrap();
    let builder = server.security_event("urn:example:moved", json!({"to": "the sea"}));
    let (_, claims) = decode(&builder.clone().jwt());
    assert_eq!(
        claims["events"],
        json!({"urn:example:moved": {"to": "the sea"}})
    );
    assert_eq!(
        claims["sub_id"],
        json!({"format": "iss_sub", "iss": server.issuer(), "sub": "alice"})
    );
    let email = json!({"format": "email", "email": "alice@example.com"});
    let token = builder
        .event("urn:example:moved", json!({}))
        .event("urn:example:left", json!({}))
        .subject_id(email.clone())
        .audience("https://rs.example/ssf")
        .issued_at(UNIX_EPOCH + Duration::from_secs(9))
        .claim("exp", 10)
        .without_claim("jti")
        .header("typ", "JWT")
        .without_header("kid")
        .algorithm(SigningAlgorithm::EdDSA)
        .jwt();
    let key = server.signing_key(SigningAlgorithm::EdDSA);
    assert!(verifies(&token, &ED25519, &key));
    let (header, claims) = decode(&token);
    assert_eq!(header, json!({"alg": "EdDSA", "typ": "JWT"}));
    assert_eq!(
        claims,
        json!({
            "iss": server.issuer(),
            "aud": "https://rs.example/ssf",
            "iat": 9,
            "exp": 10,
            "sub_id": email,
            "events": {"urn:example:moved": {}, "urn:example:left": {}},
        })
    );
}

#[tokio::test]
async fn an_event_is_pushed_once_and_answered_in_any_way() {
    let receiver = Receiver::start().await;
    let server = AuthorizationServer::start().await.unwrap();
    let token = server.login("alice").session_revoked().jwt();
    let url = receiver.url("/events");
    receiver.answers(Fault::answer(Answer::new(202)).times(1));
    let push = async |authorization| {
        server
            .push_security_event(&url, authorization, &token)
            .await
    };
    assert_eq!(push(Some("Bearer secret")).await.unwrap().status, 202);
    let refusal = json!({"err": "invalid_issuer", "description": "No."});
    receiver.answers(Fault::answer(
        Answer::json(&refusal)
            .status(400)
            .header("content-language", "en"),
    ));
    let refused = push(None).await.unwrap();
    assert_eq!(refused.status, 400);
    assert_eq!(refused.header("content-language"), Some("en"));
    assert_eq!(
        serde_json::from_slice::<Value>(&refused.body).unwrap(),
        refusal
    );
    receiver.answers(Fault::drop_before_answer());
    let failure = push(None).await.unwrap_err();
    assert!(matches!(failure, DeliveryError::Answer { .. }));

    let requests = receiver.requests();
    assert_eq!(requests.len(), 3);
    for request in &requests {
        assert_eq!(request.target, "/events");
        assert_eq!(
            request.header("content-type"),
            Some("application/secevent+jwt")
        );
        assert_eq!(request.body, token);
    }
    assert_eq!(requests[0].header("authorization"), Some("Bearer secret"));
    assert_eq!(requests[1].header("authorization"), None);
}

#[tokio::test]
async fn an_event_is_polled_until_it_is_acknowledged_or_reported() {
    let server = AuthorizationServer::start().await.unwrap();
    assert_eq!(
        poll_now(&server).await,
        json!({"sets": {}, "moreAvailable": false})
    );
    let alice = server.login("alice");
    let tokens: Vec<String> = (0..3).map(|_| alice.session_revoked().jwt()).collect();
    let ids: Vec<String> = tokens
        .iter()
        .map(|token| server.queue_security_event(token))
        .collect();
    for (token, id) in tokens.iter().zip(&ids) {
        assert_eq!(decode(token).1["jti"], *id);
    }
    let all = json!({&ids[0]: tokens[0], &ids[1]: tokens[1], &ids[2]: tokens[2]});
    for _ in 0..2 {
        let answer = poll_now(&server).await;
        assert_eq!(answer, json!({"sets": all, "moreAvailable": false}));
    }
    let two = poll(&server, json!({"maxEvents": 2})).await;
    let sets = json!({&ids[0]: tokens[0], &ids[1]: tokens[1]});
    assert_eq!(two, json!({"sets": sets, "moreAvailable": true}));
    assert_eq!(server.queued_security_events(), ids);

    let error = json!({"err": "invalid_key", "description": "Unknown key."});
    let report = json!({
        "maxEvents": 0,
        "ack": [ids[0], "unknown"],
        "setErrs": {&ids[1]: error},
    });
    let answer = poll(&server, report).await;
    assert_eq!(answer, json!({"sets": {}, "moreAvailable": true}));
    assert_eq!(server.queued_security_events(), ids[2..]);
    assert_eq!(
        server.security_event_errors(),
        [(ids[1].clone(), error.clone())]
    );
    let answer = poll(&server, json!({"ack": [ids[2]], "returnImmediately": true})).await;
    assert_eq!(answer, json!({"sets": {}, "moreAvailable": false}));
    assert!(server.queued_security_events().is_empty());
    assert_eq!(server.request_count(Endpoint::SecurityEvents), 6);
}

#[tokio::test]
async fn a_poll_waits_for_an_event() {
    let server = Arc::new(AuthorizationServer::start().await.unwrap());
    let url = server.url(Endpoint::SecurityEvents);
    let ask = |body: Value| tokio::spawn(http().post(&url).json(&body).send());
    let waiting = ask(json!({}));
    server.wait_for_requests(Endpoint::SecurityEvents, 1).await;
    assert_eq!(poll_now(&server).await["sets"], json!({}));
    assert!(!waiting.is_finished());
    let id = server.queue_security_event("no token");
    let answer: Response = waiting.await.unwrap().unwrap();
    assert_eq!(
        answer.json::<Value>().await.unwrap(),
        json!({"sets": {&id: "no token"}, "moreAvailable": false})
    );

    // Half a minute without an event is an answer without one.
    let waiting = ask(json!({"ack": [id]}));
    server.wait_for_requests(Endpoint::SecurityEvents, 3).await;
    assert!(
        poll_now(&server).await["sets"]
            .as_object()
            .unwrap()
            .is_empty()
    );
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(30)).await;
    tokio::time::resume();
    let answer = waiting.await.unwrap().unwrap();
    assert_eq!(
        answer.json::<Value>().await.unwrap(),
        json!({"sets": {}, "moreAvailable": false})
    );
}

#[tokio::test]
async fn a_test_may_queue_anything_under_any_id() {
    let server = AuthorizationServer::start().await.unwrap();
    let token = server.login("alice").session_revoked().jwt();
    server.queue_security_event_as("another", &token);
    assert_eq!(poll_now(&server).await["sets"], json!({"another": token}));
    server.queue_security_event_as("another", "replaced");
    assert_eq!(
        poll_now(&server).await["sets"],
        json!({"another": "replaced"})
    );
}

#[tokio::test]
async fn polling_may_want_a_bearer_token_and_always_wants_a_poll() {
    let server = AuthorizationServer::start().await.unwrap();
    let empty = json!({"returnImmediately": true});
    let status = async |request: RequestBuilder| request.send().await.unwrap().status();
    server.set_security_event_bearer(Some("secret"));
    assert_eq!(status(poll_request(&server, &empty)).await, 401);
    for (authorization, expected) in [
        ("Bearer secret", 200),
        ("bearer secret", 200),
        ("Bearer secrets", 401),
        ("Basic secret", 401),
        ("secret", 401),
    ] {
        let request = poll_request(&server, &empty).header("authorization", authorization);
        assert_eq!(status(request).await, expected, "{authorization}");
    }
    server.set_security_event_bearer(None);
    assert_eq!(status(poll_request(&server, &empty)).await, 200);

    let id = server.queue_security_event("no token");
    for wrong in [
        json!([]),
        json!({"maxEvents": -1}),
        json!({"maxEvents": "1"}),
        json!({"returnImmediately": "true"}),
        json!({"ack": id}),
        json!({"ack": [1]}),
        json!({"setErrs": [id]}),
    ] {
        let answer = poll_request(&server, &wrong).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{wrong}");
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["err"], "invalid_request");
    }
    let url = server.url(Endpoint::SecurityEvents);
    let form = http().post(&url).form(&[("ack", &id)]);
    assert_eq!(status(form).await, 400);
    assert_eq!(status(http().get(&url)).await, 405);
    assert_eq!(server.queued_security_events(), [id]);
}
