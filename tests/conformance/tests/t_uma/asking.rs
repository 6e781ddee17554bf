//! Permissions that are asked for on the fly.

use std::time::Duration;

use axum::{Router, body::Body, routing::get};
use http::{Request, Version};
use portcullis::{AuthenticateLayer, RequireActiveLayer, RequirePermission};
use portcullis_conformance::{Crowd, T0, World, get as bearing, getting, send};
use portcullis_testing::{Answer, Endpoint, Fault, HoldPoint};
use serde_json::json;

use crate::{RESOURCE, asked, assert_forbidden, guarded, permitting, status, view, world};

#[tokio::test]
async fn t15_the_server_is_asked_for_permissions_on_behalf_of_the_bearer() {
    let (world, issuer) = world().await;
    world.server.grant_permission("alice", RESOURCE, ["view"]);
    let router = guarded(issuer.hybrid(), view().asking(&issuer.uma()));
    let alice = world.server.token().jwt();
    assert_eq!(status(&router, &alice).await, 200);
    let [request] = world.server.requests(Endpoint::Token).try_into().unwrap();
    for (name, value) in [
        ("grant_type", "urn:ietf:params:oauth:grant-type:uma-ticket"),
        ("response_mode", "permissions"),
        ("permission", "hello-world-resource#view"),
        ("audience", "orders-api"),
    ] {
        assert_eq!(request.form_value(name).as_deref(), Some(value));
    }
    assert_eq!(request.form_value("client_secret"), None);
    let bearer = format!("Bearer {alice}");
    assert_eq!(request.header("authorization"), Some(bearer.as_str()));

    let bob = world.server.token().subject("bob").jwt();
    assert_forbidden(&bearing(&router, &bob).await);
    // Nobody is asked about a token that says it, or about a bad one.
    let calls = asked(&world);
    let rpt = permitting(
        world.server.token(),
        json!([{"rsname": RESOURCE, "scopes": ["view"]}]),
    );
    assert_eq!(status(&router, &rpt.jwt()).await, 200);
    let other = world.server.token().audience("another").jwt();
    bearing(&router, &other).await.assert_invalid_token();
    assert_eq!(asked(&world), calls);
}

#[tokio::test]
async fn t15_all_scopes_are_asked_for_at_once_and_all_are_needed() {
    let (world, issuer) = world().await;
    world.server.grant_permission("alice", RESOURCE, ["view"]);
    world
        .server
        .grant_permission("bob", RESOURCE, ["view", "print"]);
    let both = RequirePermission::of(RESOURCE, ["view", "print"]);
    let router = guarded(issuer.hybrid(), both.asking(&issuer.uma()));
    let alice = world.server.token().jwt();
    assert_forbidden(&bearing(&router, &alice).await);
    let bob = world.server.token().subject("bob").jwt();
    assert_eq!(status(&router, &bob).await, 200);
    assert_eq!(asked(&world).0, 2, "one call for each token");
    let last = world.server.requests(Endpoint::Token).pop().unwrap();
    let both = "hello-world-resource#print,view";
    assert_eq!(last.form_value("permission").as_deref(), Some(both));
    let none: [&str; 0] = [];
    let bare = RequirePermission::of(RESOURCE, none);
    let router = guarded(issuer.hybrid(), bare.asking(&issuer.uma()));
    assert_eq!(status(&router, &alice).await, 200);
    let last = world.server.requests(Endpoint::Token).pop().unwrap();
    assert_eq!(last.form_value("permission").as_deref(), Some(RESOURCE));
}

/// Keycloak looks a name up among the user's own resources, those shared with him and its own, takes an
/// id that it does not know for a name, and answers with what is granted of whatever it found.
#[tokio::test]
async fn t15_what_the_server_grants_is_judged_here() {
    let (world, issuer) = world().await;
    let uma = issuer.uma();
    let entry = |id: &str, name: &str, scopes: &[&str]| json!({"rsid": id, "rsname": name, "scopes": scopes});
    let named = |scopes: &[&str]| RequirePermission::of("album", scopes.iter().copied());
    let with_id = || RequirePermission::of_id("a-1", ["print"]);
    let whole = entry("a-1", "album", &["print", "view"]);
    for (requirement, granted, expected) in [
        (named(&["print"]), json!([whole]), 200),
        (with_id(), json!([whole]), 200),
        // Only a part of it is shared.
        (
            named(&["print"]),
            json!([entry("a-1", "album", &["view"])]),
            403,
        ),
        (
            named(&["print", "view"]),
            json!([entry("a-1", "album", &["view"])]),
            403,
        ),
        (
            named(&["print"]),
            json!([{"rsid": "a-1", "rsname": "album"}]),
            403,
        ),
        // Another resource is meant, or it cannot be told which.
        (
            named(&["print"]),
            json!([entry("a-1", "book", &["print"])]),
            403,
        ),
        (
            named(&["print"]),
            json!([entry("album", "book", &["print"])]),
            403,
        ),
        (with_id(), json!([entry("b-2", "a-1", &["print"])]), 403),
        (
            named(&["print"]),
            json!([whole, entry("b-2", "album", &["view"])]),
            403,
        ),
        (
            named(&["print", "view"]),
            json!([
                entry("a-1", "album", &["print"]),
                entry("b-2", "album", &["view"])
            ]),
            403,
        ),
        (
            with_id(),
            json!([whole, entry("b-2", "album", &["view"])]),
            200,
        ),
        (named(&["print"]), json!([{"scopes": ["print"]}]), 403),
        (named(&["print"]), json!([]), 403),
    ] {
        let answer = Fault::answer(Answer::json(&granted)).times(1);
        world.server.inject(Endpoint::Token, answer);
        let router = guarded(issuer.hybrid(), requirement.clone().asking(&uma));
        let token = world.server.token().jwt();
        let status = status(&router, &token).await;
        assert_eq!(status, expected, "{requirement:?} by {granted}");
    }
}

#[tokio::test]
async fn t15_permissions_are_kept_for_a_while_and_judged_each_time() {
    let (world, issuer) = world().await;
    world.server.grant_permission("alice", RESOURCE, ["view"]);
    let router = guarded(issuer.hybrid(), view().asking(&issuer.uma()));
    let token = world.server.token();
    let short = token.clone().expires_in(Duration::from_secs(5)).jwt();
    let token = token.jwt();
    for _ in 0..3 {
        assert_eq!(status(&router, &token).await, 200);
        assert_eq!(status(&router, &short).await, 200);
    }
    assert_eq!(asked(&world).0, 2);
    // The verdict is given anew: on another route the same answer is not enough.
    let print = RequirePermission::of(RESOURCE, ["print"]);
    let other = guarded(issuer.hybrid(), print.asking(&issuer.uma()));
    assert_forbidden(&bearing(&other, &token).await);
    assert_eq!(asked(&world).0, 3);
    world.server.withdraw_permission("alice", RESOURCE);
    world.clock.advance(Duration::from_secs(9));
    assert_eq!(status(&router, &token).await, 200);
    world.clock.advance(Duration::from_secs(1));
    assert_forbidden(&bearing(&router, &token).await);
    // A no is kept as well, and a yes is heard after that.
    world.server.grant_permission("alice", RESOURCE, ["view"]);
    assert_forbidden(&bearing(&router, &token).await);
    assert_eq!(asked(&world).0, 4);
    world.clock.advance(Duration::from_secs(10));
    assert_eq!(status(&router, &token).await, 200);
    // What ends the token ends it whatever was decided.
    world.clock.advance(Duration::from_secs(330));
    bearing(&router, &token).await.assert_invalid_token();
    assert_eq!(asked(&world).0, 5);
}

#[tokio::test]
async fn t15_nothing_is_kept_where_nothing_shall_be() {
    let (world, _) = world().await;
    world.server.grant_permission("alice", RESOURCE, ["view"]);
    let issuer = world.asking().permission_cache(Duration::ZERO);
    let issuer = issuer.build().unwrap();
    let router = guarded(issuer.hybrid(), view().asking(&issuer.uma()));
    let token = world.server.token().jwt();
    assert_eq!(status(&router, &token).await, 200);
    world.server.withdraw_permission("alice", RESOURCE);
    assert_forbidden(&bearing(&router, &token).await);
}

#[tokio::test]
async fn t15_one_call_for_all_who_wait() {
    let (world, issuer) = world().await;
    world.server.grant_permission("alice", RESOURCE, ["view"]);
    let router = guarded(issuer.hybrid(), view().asking(&issuer.uma()));
    let token = world.server.token().jwt();
    // So that the keys are there.
    assert_eq!(status(&router, &world.server.token().jwt()).await, 200);
    world.server.clear_requests();
    let gate = world.server.hold(Endpoint::Token, HoldPoint::BeforeAnswer);
    let mut crowd = Crowd::of(50, |_| getting(&router, &token));
    crowd.step_first_until(|| gate.waiting() == 1).await;
    crowd.step();
    // Who came first goes away and harms nobody.
    crowd.first_leaves();
    gate.release();
    for reply in crowd.replies().await {
        assert_eq!(reply.status, 200);
    }
    assert_eq!(asked(&world), (1, 0));
}

#[tokio::test]
async fn t15_they_stand_beside_a_live_answer() {
    let (world, issuer) = world().await;
    world.server.grant_permission("alice", RESOURCE, ["view"]);
    let guard = view().asking(&issuer.uma());
    let router = Router::new()
        .route("/", get(|| async {}))
        .layer(RequireActiveLayer::live())
        .layer(guard)
        .layer(AuthenticateLayer::new(issuer.hybrid()));
    let session = world.server.login("alice");
    let token = session.token().jwt();
    assert_eq!(status(&router, &token).await, 200);
    session.end();
    bearing(&router, &token).await.assert_invalid_token();
}

#[tokio::test]
async fn t17_what_the_server_refuses_is_no_permission() {
    let (world, issuer) = world().await;
    world.server.grant_permission("alice", RESOURCE, ["view"]);
    let token = world.server.token().jwt();
    // It knows no such resource, or no such scope of it: nobody has the permission.
    for requirement in [
        RequirePermission::of("unknown", ["view"]),
        RequirePermission::of(RESOURCE, ["unknown"]),
    ] {
        let router = guarded(issuer.hybrid(), requirement.asking(&issuer.uma()));
        assert_forbidden(&bearing(&router, &token).await);
    }
    // The session is over, and the server is the first to say so.
    let session = world.server.login("alice");
    let token = session.token().jwt();
    session.end();
    let router = guarded(issuer.hybrid(), view().asking(&issuer.uma()));
    bearing(&router, &token).await.assert_invalid_token();
    // Others say it with another status.
    let refusal = Answer::json(&json!({"error": "invalid_token"})).status(401);
    world.server.inject(Endpoint::Token, Fault::answer(refusal));
    let token = world.server.token().jwt();
    bearing(&router, &token).await.assert_invalid_token();
}

#[tokio::test]
async fn t17_a_token_that_is_no_longer_good_for_the_grant_is_asked_about_everywhere() {
    let (world, issuer) = world().await;
    world.server.grant_permission("alice", RESOURCE, ["view"]);
    let deciding = guarded(issuer.hybrid(), view().asking(&issuer.uma()));
    let plain = Router::new()
        .route("/", get(|| async {}))
        .layer(AuthenticateLayer::new(issuer.hybrid()));
    let session = world.server.login("alice");
    let token = session.token().jwt();
    session.end();
    assert_eq!(status(&plain, &token).await, 200, "nobody has been told");
    bearing(&deciding, &token).await.assert_invalid_token();
    bearing(&plain, &token).await.assert_invalid_token();
    assert_eq!(world.calls(), 1);

    // The word of the grant is no verdict: where introspection calls the token active, it is good.
    let token = world.server.token().jwt();
    let refusal = Answer::json(&json!({"error": "invalid_grant"})).status(400);
    let once = Fault::answer(refusal).times(1);
    world.server.inject(Endpoint::Token, once);
    bearing(&deciding, &token).await.assert_invalid_token();
    world.clock.advance(Duration::from_secs(1));
    for _ in 0..2 {
        assert_eq!(status(&plain, &token).await, 200);
        assert_eq!(world.calls(), 2);
    }
    assert_eq!(status(&deciding, &token).await, 200);
}

/// A route that asks nobody lets it in by what it says itself.
#[tokio::test]
async fn t17_such_a_jwt_is_asked_about_until_its_own_end_whatever_end_the_server_names() {
    let (world, issuer) = world().await;
    let live = Router::new()
        .route("/", get(|| async {}))
        .layer(view().asking(&issuer.uma()))
        .layer(RequireActiveLayer::live())
        .layer(AuthenticateLayer::new(issuer.hybrid()));
    let plain = Router::new()
        .route("/", get(|| async {}))
        .layer(AuthenticateLayer::new(issuer.jwt()));
    let minutes = |number: u64| Duration::from_secs(60 * number);
    let earlier = json!({"exp": T0 + 60});
    let token = world.server.token().expires_in(minutes(50));
    let token = token.introspects_as(earlier).jwt();
    let refusal = Answer::json(&json!({"error": "invalid_grant"})).status(400);
    let once = Fault::answer(refusal).times(1);
    world.server.inject(Endpoint::Token, once);
    bearing(&live, &token).await.assert_invalid_token();
    world.clock.advance(minutes(5));
    bearing(&plain, &token).await.assert_invalid_token();
}

#[tokio::test]
async fn t15_who_waits_no_longer_is_let_go_and_harms_nobody() {
    let (world, _) = world().await;
    world.server.grant_permission("alice", RESOURCE, ["view"]);
    let issuer = world
        .asking()
        .introspection_deadline(Duration::from_secs(20));
    let issuer = issuer.connect().await.unwrap();
    let router = guarded(issuer.hybrid(), view().asking(&issuer.uma()));
    let token = world.server.token().jwt();
    let gate = world.server.hold(Endpoint::Token, HoldPoint::BeforeAnswer);
    let call = Request::post("/")
        .version(Version::HTTP_2)
        .header("content-type", "application/grpc")
        .header("authorization", format!("Bearer {token}"))
        .header("grpc-timeout", "1n")
        .body(Body::empty())
        .unwrap();
    let reply = send(&router, call).await;
    assert_eq!(reply.headers["grpc-status"], "14");
    gate.release();
    assert_eq!(status(&router, &token).await, 200);
}

#[tokio::test]
async fn t15_the_endpoints_may_be_named() {
    let (world, _) = world().await;
    world.server.grant_permission("alice", RESOURCE, ["view"]);
    let issuer = world
        .asking()
        .token_endpoint(world.server.url(Endpoint::Token))
        .build()
        .unwrap();
    let router = guarded(issuer.jwt(), view().asking(&issuer.uma()));
    let token = world.server.token().jwt();
    assert_eq!(status(&router, &token).await, 200);
    // The keys' address is discovered, and nothing else.
    assert_eq!(world.server.request_count(Endpoint::Discovery), 1);
    assert_eq!(World::calls(&world), 0);
}
