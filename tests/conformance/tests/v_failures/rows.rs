//! V23, V26: each row in gRPC, and by its reason code.

use axum::{Router, body::Body};
use http::{Request, StatusCode, Version, header};
use portcullis_conformance::{CapturedLog, Reply, World, get, protected, send};
use portcullis_testing::{Answer, Endpoint, Fault};
use serde_json::json;
use tracing::Level;

use crate::support::SHORT;

struct Row {
    case: &'static str,
    fault: Fault,
    status: u16,
    grpc_status: &'static str,
    reason: &'static str,
}

/// Everything that an introspection endpoint can do wrong, once.
fn rows() -> Vec<Row> {
    let row = |case, fault, status, reason| Row {
        case,
        fault,
        status,
        grpc_status: if status == 503 { "14" } else { "13" },
        reason,
    };
    let off = json!({"error": "access_denied", "error_description": "Realm not enabled"});
    let inactive = Fault::answer(Answer::json(&json!({"active": false})));
    let off = Answer::json(&off).status(403);
    vec![
        row("hanging", Fault::hang(), 503, "issuer_timeout"),
        row("500", Fault::status(500), 503, "issuer_failed"),
        row("503", Fault::status(503), 503, "issuer_failed"),
        row("429", Fault::status(429), 503, "issuer_failed"),
        row("413", Fault::status(413), 503, "issuer_failed_at_token"),
        row("204", Fault::status(204), 503, "issuer_failed"),
        row("garbage", Fault::garbage(), 503, "issuer_answer_malformed"),
        row("a page", Fault::html(), 503, "issuer_answer_malformed"),
        row(
            "endless",
            Fault::endless_body(),
            503,
            "issuer_answer_malformed",
        ),
        row(
            "cut off",
            Fault::drop_mid_answer(),
            503,
            "issuer_answer_malformed",
        ),
        row(
            "no answer",
            Fault::drop_before_answer(),
            503,
            "issuer_unreachable",
        ),
        row("realm off", Fault::answer(off), 503, "issuer_disabled"),
        row("401", Fault::status(401), 500, "client_credentials_refused"),
        row("403", Fault::status(403), 500, "client_credentials_refused"),
        row("400", Fault::status(400), 500, "request_refused"),
        row("404", Fault::status(404), 500, "request_refused"),
        row("307", Fault::status(307), 500, "request_refused"),
        Row {
            case: "inactive",
            fault: inactive,
            status: 401,
            grpc_status: "16",
            reason: "inactive",
        },
    ]
}

fn router(world: &World, case: &str) -> Router {
    let mut issuer = world.asking();
    if case == "hanging" {
        issuer = issuer.introspection_deadline(SHORT);
    }
    protected(issuer.build().unwrap().introspection())
}

/// A unary call, as it comes from a gRPC client.
async fn call(router: &Router, token: &str) -> Reply {
    let request = Request::post("/")
        .version(Version::HTTP_2)
        .header(header::CONTENT_TYPE, "application/grpc")
        .header(header::AUTHORIZATION, format!("Bearer {token}"));
    send(router, request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn v23_grpc_has_the_same_rows() {
    let world = World::start().await;
    for row in rows() {
        let router = router(&world, row.case);
        world.server.inject(Endpoint::Introspection, row.fault);
        let token = world.server.token().opaque();
        let reply = call(&router, &token).await;
        let case = row.case;
        assert_eq!(reply.status, StatusCode::OK, "{case}");
        assert_eq!(reply.headers["content-type"], "application/grpc", "{case}");
        assert_eq!(reply.headers["grpc-status"], row.grpc_status, "{case}");
        assert!(reply.headers.contains_key("grpc-message"), "{case}");
        let pushback = reply.headers.get("grpc-retry-pushback-ms");
        assert_eq!(pushback.is_some(), row.status == 503, "{case}");
        let is_challenged = reply.headers.contains_key(header::WWW_AUTHENTICATE);
        assert_eq!(is_challenged, row.status == 401, "{case}");
        assert!(reply.body.is_empty(), "{case}");
        world.server.clear_faults(Endpoint::Introspection);
    }
    // Let through, the call is the service's own.
    let router = router(&world, "no fault");
    let reply = call(&router, &world.server.token().opaque()).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(!reply.headers.contains_key("grpc-status"));
}

#[tokio::test]
async fn v26_each_row_has_a_stable_reason_code() {
    let world = World::start().await;
    for row in rows() {
        let logs = CapturedLog::start();
        let router = router(&world, row.case);
        world.server.inject(Endpoint::Introspection, row.fault);
        let token = world.server.token().opaque();
        let reply = get(&router, &token).await;
        let case = row.case;
        assert_eq!(reply.status.as_u16(), row.status, "{case}");
        let level = match row.status {
            500 => Level::ERROR,
            _ => Level::DEBUG,
        };
        let (reason, logged) = logs.last_rejection().unwrap();
        assert_eq!((reason.as_str(), logged), (row.reason, level), "{case}");
        // An outage is reported by the call, not by each request that it concerns.
        let reported = logs.matching(Level::WARN, row.reason);
        assert_eq!(reported.len(), usize::from(row.status == 503), "{case}");
        // Codes are words, the same for every token and every server.
        assert!(
            reason
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        );
        world.server.clear_faults(Endpoint::Introspection);
    }
}

#[tokio::test]
async fn v26_keys_have_their_own() {
    let world = World::start().await;
    let token = world.server.token().jwt();
    for endpoint in [Endpoint::Discovery, Endpoint::Jwks] {
        let logs = CapturedLog::start();
        world.server.inject(endpoint, Fault::status(500));
        let router = protected(world.realm().build().unwrap().jwt());
        get(&router, &token).await.assert_unavailable();
        let (reason, level) = logs.last_rejection().unwrap();
        assert_eq!((reason.as_str(), level), ("keys_unavailable", Level::DEBUG));
        assert_eq!(logs.matching(Level::WARN, "could not be fetched").len(), 1);
        world.server.clear_faults(endpoint);
    }
}
