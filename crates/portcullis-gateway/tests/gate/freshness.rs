use std::time::Duration;

use http::StatusCode;
use portcullis_testing::{Endpoint, Fault};

use crate::world::World;

const RULES: &str = r#"
[[rules]]
path = "/orders"
[[rules]]
path = "/payments"
live = true
scopes = ["pay"]
roles = ["payer"]
[[rules]]
path = "/reports"
live_within_seconds = 10
"#;

#[tokio::test]
async fn a_live_rule_asks_each_time_and_a_local_one_never() {
    let world = World::start().await;
    let gate = world.gate(RULES);
    let token = world.token().scope("pay").realm_roles(["payer"]).jwt();
    for _ in 0..3 {
        assert_eq!(gate.ask("GET /orders", &token).await.status, StatusCode::OK);
    }
    assert_eq!(world.calls(), 0);
    for calls in 1..=3 {
        assert_eq!(
            gate.ask("POST /payments", &token).await.status,
            StatusCode::OK
        );
        assert_eq!(world.calls(), calls);
    }
}

#[tokio::test]
async fn an_answer_within_its_age_is_not_asked_for_again() {
    let world = World::start().await;
    let gate = world.gate(RULES);
    let token = world.token().jwt();
    for (pass, calls) in [(0, 1), (9, 1), (2, 2), (1, 2)] {
        world.clock.advance(Duration::from_secs(pass));
        assert_eq!(
            gate.ask("GET /reports", &token).await.status,
            StatusCode::OK
        );
        assert_eq!(world.calls(), calls);
    }
}

#[tokio::test]
async fn the_rights_of_a_live_rule_are_judged_on_the_answer() {
    let world = World::start().await;
    let gate = world.gate(RULES);
    let session = world.server.login("alice");
    let token = session.token().scope("pay").realm_roles(["payer"]).jwt();
    assert_eq!(
        gate.ask("POST /payments", &token).await.status,
        StatusCode::OK
    );
    world.server.set_realm_roles("alice", Vec::<String>::new());
    let demoted = gate.ask("POST /payments", &token).await;
    assert_eq!(demoted.status, StatusCode::FORBIDDEN);
    demoted.assert_nobody();
}

/// A token says what was true when it was issued, and a lightweight one says nothing of roles at all.
#[tokio::test]
async fn what_was_granted_since_counts_on_a_live_rule() {
    let world = World::start().await;
    let gate = world.gate(RULES);
    let session = world.server.login("alice");
    let token = session.token().scope("pay").jwt();
    let before = gate.ask("POST /payments", &token).await;
    assert_eq!(before.status, StatusCode::FORBIDDEN);
    world.server.set_realm_roles("alice", ["payer"]);
    let promoted = gate.ask("POST /payments", &token).await;
    assert_eq!(promoted.status, StatusCode::OK);
}

#[tokio::test]
async fn a_revoked_token_is_401_live_and_on_every_rule_from_then_on() {
    let world = World::start().await;
    let gate = world.gate(RULES);
    let token = world.token().scope("pay").realm_roles(["payer"]).jwt();
    assert_eq!(gate.ask("GET /orders", &token).await.status, StatusCode::OK);
    world.server.revoke(&token);
    assert_eq!(gate.ask("GET /orders", &token).await.status, StatusCode::OK);
    let live = gate.ask("POST /payments", &token).await;
    assert_eq!(live.status, StatusCode::UNAUTHORIZED);
    assert!(live.only("www-authenticate").contains("invalid_token"));
    live.assert_nobody();
    assert_eq!(
        gate.ask("GET /orders", &token).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn an_issuer_that_cannot_be_asked_is_503_where_the_rule_is_live() {
    let world = World::start().await;
    let gate = world.gate(RULES);
    let token = world.token().scope("pay").realm_roles(["payer"]).jwt();
    assert_eq!(gate.ask("GET /orders", &token).await.status, StatusCode::OK);
    for _ in 0..8 {
        world
            .server
            .inject(Endpoint::Introspection, Fault::status(500));
    }
    let answer = gate.ask("POST /payments", &token).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers.contains_key("retry-after"));
    answer.assert_nobody();
    assert_eq!(gate.ask("GET /orders", &token).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_expired_token_is_refused_though_it_was_good_before() {
    let world = World::start().await;
    let gate = world.gate(RULES);
    let token = world.token().expires_in(Duration::from_secs(60)).jwt();
    assert_eq!(gate.ask("GET /orders", &token).await.status, StatusCode::OK);
    world.clock.advance(Duration::from_secs(120));
    assert_eq!(
        gate.ask("GET /orders", &token).await.status,
        StatusCode::UNAUTHORIZED
    );
}
