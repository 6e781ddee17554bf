//! Gates: requests that wait for the test.

use portcullis_testing::{AuthorizationServer, Endpoint, HoldPoint};
use serde_json::Value;

use crate::support::{get, http, introspect, introspection};

#[tokio::test]
async fn a_gate_before_the_answer_tells_the_state_at_the_release() {
    let server = AuthorizationServer::start().await.unwrap();
    let token = server.token().opaque();
    let gate = server.hold(Endpoint::Introspection, HoldPoint::BeforeAnswer);
    let held = tokio::spawn(introspection(&server, &token).send());
    gate.wait_for(1).await;
    server.revoke(&token);
    gate.release();
    let answer: Value = held.await.unwrap().unwrap().json().await.unwrap();
    assert_eq!(answer["active"], false);
}

#[tokio::test]
async fn a_gate_after_the_answer_tells_the_state_at_the_arrival() {
    let server = AuthorizationServer::start().await.unwrap();
    let token = server.token().opaque();
    let gate = server.hold(Endpoint::Introspection, HoldPoint::AfterAnswer);
    let held = tokio::spawn(introspection(&server, &token).send());
    gate.wait_for(1).await;
    server.revoke(&token);

    // Later requests overtake those held.
    gate.admit_no_more();
    assert_eq!(introspect(&server, &token).await["active"], false);
    assert_eq!(gate.waiting(), 1);

    gate.release();
    let answer: Value = held.await.unwrap().unwrap().json().await.unwrap();
    assert_eq!(answer["active"], true);
    gate.wait_until_empty().await;
}

#[tokio::test]
async fn a_gate_lets_go_one_by_one_and_when_dropped() {
    let server = AuthorizationServer::start().await.unwrap();
    let gate = server.hold(Endpoint::Jwks, HoldPoint::BeforeAnswer);
    let ask = || tokio::spawn(http().get(server.url(Endpoint::Jwks)).send());
    let first = ask();
    gate.wait_for(1).await;
    let second = ask();
    gate.wait_for(2).await;
    gate.release_one();
    assert_eq!(first.await.unwrap().unwrap().status(), 200);
    assert_eq!(gate.waiting(), 1);

    let gone = ask();
    gate.wait_for(2).await;
    gone.abort();
    drop(gate);
    assert_eq!(second.await.unwrap().unwrap().status(), 200);
    assert_eq!(get(server.url(Endpoint::Jwks)).await.status(), 200);
}

#[tokio::test]
async fn a_client_that_goes_away_is_held_no_longer() {
    let server = AuthorizationServer::start().await.unwrap();
    let gate = server.hold(Endpoint::Jwks, HoldPoint::BeforeAnswer);
    let asking = tokio::spawn(http().get(server.url(Endpoint::Jwks)).send());
    gate.wait_for(1).await;
    asking.abort();
    gate.wait_until_empty().await;
}
