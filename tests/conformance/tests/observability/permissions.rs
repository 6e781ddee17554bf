//! What is counted of permissions and tickets (UMA 2.0).

use std::time::Duration;

use axum::{Router, routing::get};
use portcullis::{AuthenticateLayer, RequirePermission, RequirePermissionLayer, TokenVerifier};
use portcullis_conformance::{Recorded, World, get as bearing};
use portcullis_testing::{Answer, Endpoint, Fault};
use serde_json::json;

const PERMISSIONS: &str = "portcullis_uma_permissions_total";
const TICKETS: &str = "portcullis_uma_tickets_total";

fn guarded(verifier: impl TokenVerifier, guard: RequirePermissionLayer) -> Router {
    Router::new()
        .route("/", get(|| async {}))
        .layer(guard)
        .layer(AuthenticateLayer::new(verifier))
}

fn album() -> RequirePermission {
    RequirePermission::of("album", ["view"])
}

/// Asserts how often something came to each outcome.
#[track_caller]
fn assert_counted(recorded: &Recorded, world: &World, metric: &str, numbers: &[(&str, f64)]) {
    for (outcome, expected) in numbers {
        let counted = recorded.outcomes(metric, world.server.issuer(), outcome);
        assert_eq!(counted, *expected, "{outcome}\n{}", recorded.text());
    }
}

#[tokio::test]
async fn what_the_server_says_of_permissions_is_counted() {
    let recorded = Recorded::start();
    let world = World::start().await;
    world.server.add_resource("album", ["view"]);
    world.server.grant_permission("alice", "album", ["view"]);
    let issuer = world.asking().build().unwrap();
    assert_eq!(recorded.series(PERMISSIONS), [0.0; 0], "nobody asks");
    let uma = issuer.uma();
    assert_eq!(recorded.series(PERMISSIONS), [0.0; 8]);
    let router = guarded(issuer.hybrid(), album().asking(&uma));
    let alice = world.server.token().jwt();
    for _ in 0..3 {
        assert_eq!(bearing(&router, &alice).await.status, 200);
    }
    let bob = world.server.token().subject("bob").jwt();
    assert_eq!(bearing(&router, &bob).await.status, 403);
    let unknown = RequirePermission::of("unknown", ["view"]).asking(&uma);
    let unknown = guarded(issuer.hybrid(), unknown);
    assert_eq!(bearing(&unknown, &alice).await.status, 403);
    let over = Answer::json(&json!({"error": "invalid_grant"})).status(400);
    for fault in [Fault::answer(over), Fault::status(500)] {
        world.server.inject(Endpoint::Token, fault.times(1));
        let other = world.server.token().jwt();
        bearing(&router, &other).await;
    }
    let numbers = [
        ("kept", 2.0),
        ("granted", 1.0),
        ("none", 1.0),
        ("unknown", 1.0),
        ("inactive", 1.0),
        ("failed", 1.0),
        ("busy", 0.0),
        ("suspended", 0.0),
    ];
    assert_counted(&recorded, &world, PERMISSIONS, &numbers);
}

#[tokio::test]
async fn tickets_are_counted_by_what_came_of_them() {
    let recorded = Recorded::start();
    let world = World::start().await;
    world.server.add_resource("album", ["view"]);
    let issuer = world.asking().build().unwrap();
    let uma = issuer.uma();
    assert_eq!(recorded.series(TICKETS), [0.0; 5]);
    let router = guarded(issuer.hybrid(), album().or_ticket(&uma));
    let token = world.server.token().jwt();
    for _ in 0..2 {
        assert_eq!(bearing(&router, &token).await.status, 401);
    }
    let unknown = RequirePermission::of("unknown", ["view"]).or_ticket(&uma);
    let unknown = guarded(issuer.hybrid(), unknown);
    assert_eq!(bearing(&unknown, &token).await.status, 403);
    for endpoint in [Endpoint::Permission, Endpoint::Introspection] {
        world.server.inject(endpoint, Fault::drop_before_answer());
    }
    for _ in 0..6 {
        assert_eq!(bearing(&router, &token).await.status, 403);
        world.clock.advance(Duration::from_millis(1));
    }
    let numbers = [
        ("issued", 2.0),
        ("refused", 1.0),
        ("failed", 5.0),
        ("suspended", 1.0),
        ("busy", 0.0),
    ];
    assert_counted(&recorded, &world, TICKETS, &numbers);
}
