//! What the server has just said, beside what the token has said for a while.

use std::time::Duration;

use axum::{Router, routing::get};
use portcullis::{AuthenticateLayer, CanAsk, Issuer, RequireActiveLayer, RequirePermission};
use portcullis_axum::RequireActive;
use portcullis_conformance::World;
use portcullis_testing::{Answer, Endpoint, Fault, TokenBuilder};
use serde_json::{Value, json};

use crate::{RESOURCE, guarded, permitting, status, view, world};

/// A requesting party token of alice's.
fn permitted(world: &World, scopes: &[&str]) -> TokenBuilder {
    let entry = json!({"rsid": RESOURCE, "rsname": RESOURCE, "scopes": scopes});
    permitting(world.server.token(), json!([entry]))
}

/// The server is asked for all scopes at once: what it leaves out of them it grants no longer.
#[tokio::test]
async fn t14_what_the_server_grants_no_longer_is_not_had_from_the_token() {
    let (world, issuer) = world().await;
    let uma = issuer.uma();
    let scopes = ["view", "print"];
    let token = permitted(&world, &["view"]).jwt();
    for requirement in [
        RequirePermission::of(RESOURCE, scopes),
        RequirePermission::of_id(RESOURCE, scopes),
    ] {
        let router = guarded(issuer.hybrid(), requirement.clone().asking(&uma));
        for (granted, expected) in [(json!(["print"]), 403), (json!(scopes), 200)] {
            let entry = json!({"rsid": RESOURCE, "rsname": RESOURCE, "scopes": granted});
            let answer = Fault::answer(Answer::json(&json!([entry]))).times(1);
            world.server.inject(Endpoint::Token, answer);
            world.clock.advance(Duration::from_secs(10));
            let status = status(&router, &token).await;
            assert_eq!(status, expected, "{requirement:?} by {granted}");
        }
    }
}

/// Every order in which a live answer and the permission can be had: the server says nothing of
/// permissions when it is asked whether the token lives.
fn orders(issuer: &Issuer<CanAsk>) -> Vec<Router> {
    let guard = || view().asking(&issuer.uma());
    let plain = || Router::new().route("/", get(|| async {}));
    let extracting = |_: RequireActive<Value>| async {};
    [
        plain().layer(guard()).layer(RequireActiveLayer::live()),
        plain().layer(RequireActiveLayer::live()).layer(guard()),
        Router::new().route("/", get(extracting)).layer(guard()),
    ]
    .into_iter()
    .map(|router| router.layer(AuthenticateLayer::new(issuer.hybrid())))
    .collect()
}

#[tokio::test]
async fn t14_the_server_is_asked_where_a_newer_statement_says_nothing() {
    let (world, issuer) = world().await;
    for (scopes, expected) in [(&["view"] as &[_], 200), (&["print"], 403)] {
        world.server.withdraw_permission("alice", RESOURCE);
        world
            .server
            .grant_permission("alice", RESOURCE, scopes.iter().copied());
        for (order, router) in orders(&issuer).iter().enumerate() {
            let token = permitted(&world, &["view"]).jwt();
            assert_eq!(status(router, &token).await, expected, "order {order}");
        }
    }
}
