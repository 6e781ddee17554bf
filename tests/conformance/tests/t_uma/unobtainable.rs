//! What becomes of those who could get neither a ticket nor a word about permissions.

use std::time::Duration;

use axum::{Router, body::Body, routing::get};
use http::{Request, header};
use portcullis::{
    AuthenticateLayer, CanAsk, HttpClient, HttpFuture, Issuer, Limits, Reason, RequirePermission,
    ReqwestClient,
};
use portcullis_conformance::{CapturedLog, Reply, get as bearing, send};
use portcullis_testing::{Answer, Endpoint, Fault, WellKnown};
use serde_json::json;
use tracing::Level;

use crate::{RESOURCE, asked, assert_forbidden, guarded, status, view, world};

fn open(issuer: &Issuer<CanAsk>, permission: RequirePermission) -> Router {
    Router::new()
        .route("/", get(|| async {}))
        .layer(permission.or_ticket(&issuer.uma()))
        .layer(AuthenticateLayer::optional(issuer.hybrid()).answer_grpc())
}

async fn anonymous(router: &Router) -> Reply {
    send(router, Request::get("/").body(Body::empty()).unwrap()).await
}

fn assert_unobtainable(reply: &Reply) {
    assert_forbidden(reply);
    let warning = reply.headers.get(header::WARNING).unwrap();
    assert_eq!(warning, "199 - \"UMA Authorization Server Unreachable\"");
    assert!(!format!("{:?}", reply.headers).contains("ticket"));
}

#[tokio::test]
async fn t2_without_a_ticket_there_is_a_warning() {
    let odd = |ticket: serde_json::Value| Answer::json(&json!({ "ticket": ticket })).status(201);
    for (endpoint, fault) in [
        (Endpoint::Permission, Fault::status(503)),
        (Endpoint::Permission, Fault::drop_before_answer()),
        (Endpoint::Permission, Fault::garbage()),
        (Endpoint::Permission, Fault::html()),
        (
            Endpoint::Permission,
            Fault::status(302).header("location", "/"),
        ),
        (Endpoint::Permission, Fault::answer(odd(json!("")))),
        (Endpoint::Permission, Fault::answer(odd(json!("a\r\nb")))),
        (Endpoint::Permission, Fault::answer(odd(json!(1)))),
        (
            Endpoint::Permission,
            Fault::answer(odd(json!("x".repeat(10_000)))),
        ),
        (Endpoint::Permission, Fault::status(401)),
        (Endpoint::Token, Fault::status(401)),
        (Endpoint::Token, Fault::status(500)),
        (Endpoint::Token, Fault::garbage()),
        (Endpoint::Discovery, Fault::status(500)),
    ] {
        let (world, _) = world().await;
        let issuer = world.asking().build().unwrap();
        world.server.inject(endpoint, fault);
        assert_unobtainable(&anonymous(&open(&issuer, view())).await);
    }
    // The resource is one that the server does not know: our own mistake, and told in the log.
    let (_world, issuer) = world().await;
    let log = CapturedLog::start();
    let unknown = open(&issuer, RequirePermission::of("unknown", ["view"]));
    assert_unobtainable(&anonymous(&unknown).await);
    let lines = log.lines();
    let told = lines.iter().find(|line| line.level == Level::WARN).unwrap();
    assert!(told.text.contains("invalid_resource_id"), "{told:?}");
}

#[tokio::test]
async fn t11_a_token_of_our_own_that_is_refused_twice_is_the_end() {
    let (world, issuer) = world().await;
    world
        .server
        .inject(Endpoint::Permission, Fault::status(401));
    let router = open(&issuer, view());
    assert_unobtainable(&anonymous(&router).await);
    assert_eq!(asked(&world), (2, 2));
}

#[tokio::test]
async fn t2_strangers_do_not_hammer_a_server_that_gives_us_no_token() {
    let (world, issuer) = world().await;
    world.server.inject(Endpoint::Token, Fault::status(500));
    let router = open(&issuer, view());
    for _ in 0..5 {
        assert_unobtainable(&anonymous(&router).await);
    }
    assert_eq!(asked(&world), (1, 0));
    world.server.clear_faults(Endpoint::Token);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(anonymous(&router).await.status, 401);
}

#[tokio::test]
async fn t2_elsewhere_nothing_is_said_of_uma() {
    let (world, issuer) = world().await;
    world
        .server
        .serve_well_known(WellKnown::Uma2Configuration, false);
    let router = guarded(issuer.hybrid(), view().asking(&issuer.uma()));
    let reply = bearing(&router, &world.server.token().jwt()).await;
    reply.assert_unavailable();
    assert!(!reply.headers.contains_key(header::WARNING));
}

#[tokio::test]
async fn t17_what_the_server_cannot_say_is_unavailable() {
    for (fault, expected) in [
        (Fault::status(500), Reason::IssuerFailed),
        (Fault::status(404), Reason::IssuerFailedAtToken),
        (
            Fault::status(302).header("location", "/"),
            Reason::IssuerFailed,
        ),
        (Fault::garbage(), Reason::IssuerAnswerMalformed),
        (Fault::html(), Reason::IssuerAnswerMalformed),
        (
            Fault::answer(Answer::json(&json!({"result": true}))),
            Reason::IssuerAnswerMalformed,
        ),
        (
            Fault::answer(Answer::json(&json!({"access_token": "x"}))),
            Reason::IssuerAnswerMalformed,
        ),
        (
            Fault::answer(Answer::new(200).body(r#"[{"rsid":"a","rsid":"b"}]"#)),
            Reason::IssuerAnswerMalformed,
        ),
        // A gateway's, and not the server's word.
        (Fault::status(403), Reason::IssuerFailedAtToken),
        (Fault::status(401), Reason::IssuerFailedAtToken),
        (
            Fault::answer(
                Answer::json(
                    &json!({"error": "access_denied", "error_description": "Realm not enabled"}),
                )
                .status(403),
            ),
            Reason::IssuerDisabled,
        ),
    ] {
        let (world, issuer) = world().await;
        world.server.grant_permission("alice", RESOURCE, ["view"]);
        world.server.inject(Endpoint::Token, fault.clone().times(1));
        let router = Router::new()
            .route("/", get(|| async {}))
            .layer(view().asking(&issuer.uma()))
            .layer(AuthenticateLayer::new(issuer.hybrid()));
        let token = world.server.token().jwt();
        let request = Request::get("/")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(Body::empty())
            .unwrap();
        let response = tower::ServiceExt::oneshot(router.clone(), request)
            .await
            .unwrap();
        assert_eq!(response.status(), 503, "{fault:?}");
        assert_eq!(
            response.extensions().get::<Reason>(),
            Some(&expected),
            "{fault:?}"
        );
        // An error is shared with nobody who comes later.
        assert_eq!(status(&router, &token).await, 200, "{fault:?}");
    }
    let (world, issuer) = world().await;
    let no = Answer::json(&json!([]));
    world.server.inject(Endpoint::Token, Fault::answer(no));
    let router = guarded(issuer.hybrid(), view().asking(&issuer.uma()));
    assert_forbidden(&bearing(&router, &world.server.token().jwt()).await);
}

#[tokio::test]
async fn t17_an_away_server_is_no_verdict() {
    let (world, issuer) = world().await;
    world.server.grant_permission("alice", RESOURCE, ["view"]);
    let router = guarded(issuer.hybrid(), view().asking(&issuer.uma()));
    let (kept, token) = (world.server.token().jwt(), world.server.token().jwt());
    assert_eq!(status(&router, &kept).await, 200);
    world.server.stop().await.unwrap();
    bearing(&router, &token).await.assert_unavailable();
    assert_eq!(status(&router, &kept).await, 200);
    world.clock.advance(Duration::from_secs(10));
    bearing(&router, &kept).await.assert_unavailable();
    world.server.restart().await.unwrap();
    assert_eq!(status(&router, &kept).await, 200);
}

/// A client of the application's own that does not come back from these endpoints.
#[derive(Debug)]
struct Panicking(ReqwestClient);

impl HttpClient for Panicking {
    fn send(&self, request: Request<bytes::Bytes>, limits: Limits) -> HttpFuture {
        let path = request.uri().path();
        assert!(!path.ends_with("/permission"), "a panic of the test's");
        let body = String::from_utf8_lossy(request.body());
        assert!(!body.contains("uma-ticket"), "a panic of the test's");
        self.0.send(request, limits)
    }
}

#[tokio::test]
async fn t2_a_client_of_our_own_that_panics_harms_nobody() {
    let (world, _) = world().await;
    let client = Panicking(ReqwestClient::new().unwrap());
    let issuer = world.asking().http_client(client).build().unwrap();
    for _ in 0..2 {
        assert_unobtainable(&anonymous(&open(&issuer, view())).await);
        let router = guarded(issuer.hybrid(), view().asking(&issuer.uma()));
        let reply = bearing(&router, &world.server.token().jwt()).await;
        reply.assert_unavailable();
    }
}

#[tokio::test]
async fn t2_who_asks_by_grpc_is_told_so() {
    let (world, issuer) = world().await;
    let router = open(&issuer, view());
    let call = || {
        Request::post("/")
            .version(http::Version::HTTP_2)
            .header(header::CONTENT_TYPE, "application/grpc")
            .body(Body::empty())
            .unwrap()
    };
    let reply = send(&router, call()).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.headers.get("grpc-status").unwrap(), "16");
    let challenge = reply.headers.get(header::WWW_AUTHENTICATE).unwrap();
    assert!(challenge.to_str().unwrap().starts_with("UMA "));
    world
        .server
        .inject(Endpoint::Permission, Fault::status(500));
    let reply = send(&router, call()).await;
    assert_eq!(reply.headers.get("grpc-status").unwrap(), "7");
    assert!(reply.headers.contains_key(header::WARNING));
}

/// A grant or a ticket may have been made though its answer was lost.
#[tokio::test]
async fn v22_no_grant_and_no_ticket_is_asked_for_twice() {
    let (world, issuer) = world().await;
    let token = world.server.token().jwt();
    let lost = || Fault::drop_before_answer().times(1);
    world.server.inject(Endpoint::Token, lost());
    let deciding = guarded(issuer.hybrid(), view().asking(&issuer.uma()));
    bearing(&deciding, &token).await.assert_unavailable();
    assert_eq!(asked(&world), (1, 0));
    world.server.clear_requests();
    world.server.inject(Endpoint::Permission, lost());
    let ticketing = guarded(issuer.hybrid(), view().or_ticket(&issuer.uma()));
    assert_unobtainable(&bearing(&ticketing, &token).await);
    assert_eq!(asked(&world), (1, 1));
}
