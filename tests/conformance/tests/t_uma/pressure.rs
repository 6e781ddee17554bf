//! Permissions and tickets while the server is in trouble, or much is asked of it.

use std::time::Duration;

use axum::{Router, body::Body, routing::get};
use http::{Request, Response, Version, header};
use portcullis::{
    AuthenticateLayer, CanAsk, Issuer, Reason, RequireActiveLayer, RequirePermission,
};
use portcullis_conformance::{
    AUDIENCE, CLIENT_ID, CapturedLog, Crowd, Reply, World, get as bearing, getting, send,
};
use portcullis_testing::{Endpoint, Fault, Gate, HoldPoint};
use serde_json::Value;
use tower::ServiceExt;
use tracing::Level;

use crate::{RESOURCE, asked, by_path, guarded, status, view, world};

/// Tickets are asked for, and none is given out until that is let go.
fn tickets_held(world: &World) -> Gate {
    let server = &world.server;
    server.hold(Endpoint::Permission, HoldPoint::BeforeAnswer)
}

/// Strangers get tickets here.
fn open(issuer: &Issuer<CanAsk>) -> Router {
    Router::new()
        .route("/", get(|| async {}))
        .layer(view().or_ticket(&issuer.uma()))
        .layer(AuthenticateLayer::optional(issuer.hybrid()).answer_grpc())
}

async fn anonymous(router: &Router) -> Reply {
    send(router, Request::get("/").body(Body::empty()).unwrap()).await
}

async fn response(router: &Router, token: &str) -> Response<Body> {
    let request = Request::get("/").header(header::AUTHORIZATION, format!("Bearer {token}"));
    let request = request.body(Body::empty()).unwrap();
    router.clone().oneshot(request).await.unwrap()
}

async fn reason(router: &Router, token: &str) -> Option<Reason> {
    response(router, token).await.extensions().get().copied()
}

#[tokio::test]
async fn t17_a_server_that_is_away_is_left_alone() {
    let (world, issuer) = world().await;
    world.server.grant_permission("alice", RESOURCE, ["view"]);
    let asking = guarded(issuer.hybrid(), view().asking(&issuer.uma()));
    let token = || world.server.token().jwt();
    assert_eq!(status(&asking, &token()).await, 200);
    for endpoint in [
        Endpoint::Token,
        Endpoint::Introspection,
        Endpoint::Permission,
    ] {
        world.server.inject(endpoint, Fault::drop_before_answer());
    }
    for _ in 0..5 {
        let reason = reason(&asking, &token()).await;
        assert_eq!(reason, Some(Reason::IssuerUnreachable));
    }
    let open_circuit = Some(Reason::CircuitOpen);
    assert_eq!(reason(&asking, &token()).await, open_circuit);
    let calls = asked(&world);
    assert_eq!(reason(&asking, &token()).await, open_circuit);
    let ticketing = open(&issuer);
    for reply in [
        anonymous(&ticketing).await,
        bearing(&ticketing, &token()).await,
    ] {
        assert_eq!(reply.status, 403, "{reply:?}");
        assert!(reply.headers.contains_key(header::WARNING));
    }
    assert_eq!(asked(&world), calls);
    for endpoint in [
        Endpoint::Token,
        Endpoint::Introspection,
        Endpoint::Permission,
    ] {
        world.server.clear_faults(endpoint);
    }
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(status(&asking, &token()).await, 200);
    assert_eq!(anonymous(&ticketing).await.status, 401);
}

#[tokio::test]
async fn t17_what_fails_at_one_endpoint_holds_up_no_other() {
    for fault in [Fault::drop_before_answer(), Fault::status(500)] {
        let (world, issuer) = world().await;
        world.server.inject(Endpoint::Token, fault);
        let asking = guarded(issuer.hybrid(), view().asking(&issuer.uma()));
        let live = Router::new()
            .route("/", get(|| async {}))
            .layer(RequireActiveLayer::live())
            .layer(AuthenticateLayer::new(issuer.hybrid()));
        for _ in 0..12 {
            let token = world.server.token().jwt();
            bearing(&asking, &token).await.assert_unavailable();
            assert_eq!(status(&live, &token).await, 200);
        }
        assert_eq!(asked(&world).0, 12);
    }
}

/// For what it grants the bearer of a token the server is asked with that token alone.
#[tokio::test]
async fn t17_credentials_of_ours_that_are_refused_do_not_matter() {
    let (world, _) = world().await;
    world.server.grant_permission("alice", RESOURCE, ["view"]);
    let issuer = world.realm().client_secret(CLIENT_ID, "wrong");
    let issuer = issuer.build().unwrap();
    let live = Router::new()
        .route("/", get(|| async {}))
        .layer(RequireActiveLayer::live())
        .layer(AuthenticateLayer::new(issuer.hybrid()));
    let asking = guarded(issuer.hybrid(), view().asking(&issuer.uma()));
    let token = world.server.token().jwt();
    assert_eq!(status(&live, &token).await, 500);
    assert_eq!(status(&asking, &token).await, 200, "{AUDIENCE}");
}

/// One call at a time, and none ends.
#[tokio::test]
async fn t17_who_waits_in_vain_for_a_place_is_told_so() {
    let (world, _) = world().await;
    let issuer = world.asking().introspection_calls(1);
    let issuer = issuer.introspection_deadline(Duration::from_millis(200));
    let issuer = issuer.connect().await.unwrap();
    let asking = guarded(issuer.hybrid(), view().asking(&issuer.uma()));
    let _gate = world.server.hold(Endpoint::Token, HoldPoint::BeforeAnswer);
    let tokens = [world.server.token().jwt(), world.server.token().jwt()];
    let (one, other) = tokio::join!(reason(&asking, &tokens[0]), reason(&asking, &tokens[1]));
    // Whoever came first.
    let reasons = [one, other];
    for expected in [Reason::IssuerTimeout, Reason::IssuerBusy] {
        assert!(reasons.contains(&Some(expected)), "{reasons:?}");
    }
}

#[tokio::test]
async fn t2_whoever_asks_for_many_tickets_waits_behind_his_own() {
    let world = World::start().await;
    for name in ["a0", "a1", "a2", "a3", "b"] {
        world.server.add_resource(name, ["view"]);
    }
    let issuer = world.asking().introspection_calls(1).connect().await;
    let issuer = issuer.unwrap();
    let router = by_path(&issuer, RequirePermission::or_ticket);
    let (alice, bob) = (
        world.server.token().jwt(),
        world.server.token().subject("bob").jwt(),
    );
    let request = |name: &str, token: &str| {
        let router = router.clone();
        let request = Request::get(format!("/{name}"));
        let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        let request = request.body(Body::empty()).unwrap();
        async move { send(&router, request).await }
    };
    // So that keys and a token of our own are there.
    assert_eq!(request("b", &bob).await.status, 401);
    world.server.clear_requests();
    let gate = tickets_held(&world);
    let mut crowd = Crowd::of(5, |number| match number {
        4 => request("b", &bob),
        own => request(&format!("a{own}"), &alice),
    });
    crowd.step_first_until(|| gate.waiting() == 1).await;
    // Each waits in a task of its own, which has to have run.
    for _ in 0..8 {
        crowd.step();
        tokio::task::yield_now().await;
    }
    gate.release();
    for reply in crowd.replies().await {
        assert_eq!(reply.status, 401, "{reply:?}");
    }
    let requests = world.server.requests(Endpoint::Permission);
    let order = requests.iter().map(|request| {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        body[0]["resource_id"].as_str().unwrap().to_owned()
    });
    let order: Vec<_> = order.collect();
    assert_eq!(order, ["a0", "a1", "b", "a2", "a3"]);
}

#[tokio::test]
async fn t2_strangers_do_not_hammer_a_server_that_takes_no_token_of_ours() {
    let (world, issuer) = world().await;
    world
        .server
        .inject(Endpoint::Permission, Fault::status(401));
    let router = open(&issuer);
    for round in 1..=3 {
        for _ in 0..5 {
            let reply = anonymous(&router).await;
            assert_eq!(reply.status, 403, "{reply:?}");
        }
        // Two tokens, each tried once, and then nothing for a second.
        assert_eq!(asked(&world), (2 * round, 2 * round));
        world.clock.advance(Duration::from_secs(1));
    }
    world.server.clear_faults(Endpoint::Permission);
    assert_eq!(anonymous(&router).await.status, 401);
}

#[tokio::test]
async fn t2_who_waits_no_longer_for_a_ticket_is_let_go() {
    let (world, _) = world().await;
    let deadline = Duration::from_secs(20);
    let issuer = world.asking().introspection_deadline(deadline);
    let issuer = issuer.connect().await.unwrap();
    let router = open(&issuer);
    let token = world.server.token().jwt();
    // So that the keys are there.
    assert_eq!(bearing(&router, &token).await.status, 401);
    let gate = tickets_held(&world);
    for token in [None, Some(token)] {
        let mut call = Request::post("/")
            .version(Version::HTTP_2)
            .header(header::CONTENT_TYPE, "application/grpc")
            .header("grpc-timeout", "1n");
        if let Some(token) = token {
            call = call.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let reply = send(&router, call.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.headers["grpc-status"], "14", "{reply:?}");
    }
    gate.release();
}

#[tokio::test]
async fn t2_strangers_leave_those_with_tokens_their_places() {
    let (world, _) = world().await;
    let issuer = world.asking().introspection_calls(1).connect().await;
    let issuer = issuer.unwrap();
    let router = open(&issuer);
    let token = world.server.token().jwt();
    assert_eq!(bearing(&router, &token).await.status, 401);
    let gate = tickets_held(&world);
    let strangers = router.clone();
    let mut crowd = Crowd::of(10, |_| {
        let router = strangers.clone();
        async move { anonymous(&router).await }
    });
    crowd.step_first_until(|| gate.waiting() == 1).await;
    crowd.step();
    let mut genuine = Crowd::of(1, |_| getting(&router, &token));
    genuine.step_first_until(|| gate.waiting() == 2).await;
    gate.release();
    assert_eq!(genuine.replies().await[0].status, 401);
    drop(crowd);
}

/// Neither strangers nor names out of paths fill the log.
#[tokio::test]
async fn t2_what_goes_wrong_again_and_again_is_told_now_and_then() {
    let (world, issuer) = world().await;
    let unknown = RequirePermission::of("unknown", ["view"]);
    let ticketing = Router::new()
        .route("/", get(|| async {}))
        .layer(unknown.clone().or_ticket(&issuer.uma()))
        .layer(AuthenticateLayer::optional(issuer.hybrid()));
    let asking = guarded(issuer.hybrid(), unknown.asking(&issuer.uma()));
    let log = CapturedLog::start();
    let warnings = || {
        let lines = log.lines();
        let told = lines.into_iter().filter(|line| line.level == Level::WARN);
        told.map(|line| line.text).collect::<Vec<_>>()
    };
    for _ in 0..20 {
        assert_eq!(anonymous(&ticketing).await.status, 403);
        assert_eq!(status(&asking, &world.server.token().jwt()).await, 403);
    }
    let told = warnings();
    let of_tickets = told.iter().filter(|text| text.contains("ticket")).count();
    assert_eq!((of_tickets, told.len()), (5, 10), "{told:?}");
    world.clock.advance(Duration::from_secs(10));
    for _ in 0..3 {
        assert_eq!(anonymous(&ticketing).await.status, 403);
    }
    let told = warnings();
    assert_eq!(told.len(), 11, "{told:?}");
    assert!(told[10].contains("untold=15"), "{told:?}");
}
