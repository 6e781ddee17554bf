//! Keycloak's sessions that come back: what was under way when they ended.

use std::sync::Arc;

use portcullis_testing::{AuthorizationServer, Endpoint, Gate, HoldPoint, Session};
use tokio::task::JoinHandle;

use crate::support::{http, introspect, is_active};

/// Introspects, and is under way until the gate lets it go.
async fn introspect_under_way(server: &AuthorizationServer, token: &str) -> (Gate, JoinHandle<()>) {
    let gate = server.hold(Endpoint::Introspection, HoldPoint::AfterAnswer);
    let url = server.url(Endpoint::Introspection);
    let form = [("token", token.to_owned())];
    let asking = tokio::spawn(async move {
        let request = http()
            .post(url)
            .basic_auth("orders-api", Some("orders-secret"));
        request.form(&form).send().await.unwrap();
    });
    gate.wait_for(1).await;
    gate.admit_no_more();
    (gate, asking)
}

/// Ends the session with notice while `token` is being asked about.
async fn log_out_meanwhile(server: &Arc<AuthorizationServer>, session: &Session, token: &str) {
    let (gate, asking) = introspect_under_way(server, token).await;
    session.log_out().await;
    gate.release();
    asking.await.unwrap();
}

#[tokio::test]
async fn an_introspection_under_way_at_the_end_revives_where_that_is_switched_on() {
    let server = Arc::new(AuthorizationServer::start().await.unwrap());
    for (revivable, revived) in [(false, 0), (true, 1), (false, 1)] {
        server.set_sessions_revivable(revivable);
        let alice = server.login("alice");
        let token = alice.token().jwt();
        log_out_meanwhile(&server, &alice, &token).await;
        assert_eq!(is_active(&server, &token).await, revivable);
        assert_eq!(is_active(&server, &alice.token().jwt()).await, revivable);
        assert_eq!(server.revived_session_count(), revived);
    }
}

#[tokio::test]
async fn a_refresh_under_way_at_the_end_revives_too() {
    let server = AuthorizationServer::start().await.unwrap();
    server.set_sessions_revivable(true);
    let alice = server.login("alice");
    let token = alice.token().jwt();
    let gate = server.hold(Endpoint::Token, HoldPoint::AfterAnswer);
    let request = http()
        .post(server.url(Endpoint::Token))
        .basic_auth("orders-api", Some("orders-secret"));
    let refreshing = request.form(&[
        ("grant_type", "refresh_token"),
        ("refresh_token", &alice.refresh_token("orders-api")),
    ]);
    let refreshing = tokio::spawn(refreshing.send());
    gate.wait_for(1).await;
    alice.log_out().await;
    gate.release();
    assert_eq!(refreshing.await.unwrap().unwrap().status(), 200);
    assert!(is_active(&server, &token).await);
    assert_eq!(server.revived_session_count(), 1);
}

#[tokio::test]
async fn what_is_answered_before_the_end_or_comes_after_it_does_no_harm() {
    let server = Arc::new(AuthorizationServer::start().await.unwrap());
    server.set_sessions_revivable(true);
    let alice = server.login("alice");
    let token = alice.token().jwt();
    let ends = server.hold_session_end();
    let logout = tokio::spawn({
        let alice = alice.clone();
        async move { alice.log_out().await }
    });
    ends.wait_for(1).await;
    assert!(is_active(&server, &token).await);
    // One that began before the end and whose client went away is not under way either.
    let (gate, asking) = introspect_under_way(&server, &token).await;
    asking.abort();
    gate.wait_until_empty().await;
    // So is one that arrived before the end and is computed after it.
    let waiting = server.hold(Endpoint::Introspection, HoldPoint::BeforeAnswer);
    let late = tokio::spawn({
        let (server, token) = (Arc::clone(&server), token.clone());
        async move { introspect(&server, &token).await }
    });
    waiting.wait_for(1).await;
    ends.release();
    logout.await.unwrap();
    waiting.release();
    assert_eq!(late.await.unwrap()["active"], false);
    assert!(!is_active(&server, &token).await);
    assert_eq!(server.revived_session_count(), 0);
}

#[tokio::test]
async fn only_the_session_in_use_comes_back_and_the_next_end_is_final() {
    let server = Arc::new(AuthorizationServer::start().await.unwrap());
    server.set_sessions_revivable(true);
    let (alice, bob) = (server.login("alice"), server.login("bob"));
    let (hers, his) = (alice.token().jwt(), bob.token().jwt());
    let (gate, asking) = introspect_under_way(&server, &hers).await;
    alice.log_out().await;
    bob.log_out().await;
    gate.release();
    asking.await.unwrap();
    assert!(is_active(&server, &hers).await);
    assert!(!is_active(&server, &his).await);
    alice.log_out().await;
    assert!(!is_active(&server, &hers).await);

    let carol = server.login("carol");
    let token = carol.token().jwt();
    let (gate, asking) = introspect_under_way(&server, &token).await;
    carol.end();
    gate.release();
    asking.await.unwrap();
    assert!(!is_active(&server, &token).await);
    assert_eq!(server.revived_session_count(), 1);
}
