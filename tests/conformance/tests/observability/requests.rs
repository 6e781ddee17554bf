//! V26: requests by what became of them, and rejections by their stable reason.

use axum::{Router, body::Body, routing::get as route};
use http::{Request, StatusCode};
use portcullis::{AuthenticateLayer, Reason, RequireRole};
use portcullis_conformance::{Recorded, World, get, post_active, protected, send};
use portcullis_testing::{Answer, Endpoint, Fault};
use serde_json::json;

fn requests(outcome: &str) -> String {
    format!("portcullis_requests_total{{outcome=\"{outcome}\"}}")
}

fn rejections(reason: &str) -> String {
    format!("portcullis_rejections_total{{reason=\"{reason}\"}}")
}

#[tokio::test]
async fn v26_each_request_is_counted_once_by_what_became_of_it() {
    let recorded = Recorded::start();
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let guarded = Router::new()
        .route(
            "/",
            route(|| async {}).route_layer(RequireRole::realm("admin")),
        )
        .layer(AuthenticateLayer::new(issuer.hybrid()));
    let optional = Router::new()
        .route("/", route(|| async {}))
        .layer(AuthenticateLayer::optional(issuer.hybrid()));
    let token = world.server.token().jwt();
    let none = || Request::get("/").body(Body::empty()).unwrap();

    // The first waits for the keys, the second for nobody.
    assert_eq!(get(&optional, &token).await.status, StatusCode::OK);
    assert_eq!(get(&optional, &token).await.status, StatusCode::OK);
    assert_eq!(send(&optional, none()).await.status, StatusCode::OK);
    assert_eq!(
        send(&guarded, none()).await.status,
        StatusCode::UNAUTHORIZED
    );
    let reply = get(&optional, "not a token").await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert_eq!(get(&guarded, &token).await.status, StatusCode::FORBIDDEN);

    let counted = |outcome| recorded.value(&requests(outcome));
    assert_eq!(counted("verified"), 2.0);
    assert_eq!(counted("anonymous"), 1.0);
    assert_eq!(counted("rejected"), 3.0);
    assert_eq!(recorded.sum("portcullis_requests_total"), 6.0);
    for reason in [
        Reason::MissingToken,
        Reason::MalformedToken,
        Reason::MissingRole,
    ] {
        assert_eq!(
            recorded.value(&rejections(reason.code())),
            1.0,
            "{reason:?}"
        );
    }
    assert_eq!(recorded.sum("portcullis_rejections_total"), 3.0);
}

#[tokio::test]
async fn v26_each_row_of_failures_is_counted_by_its_reason() {
    let off = json!({"error": "access_denied", "error_description": "Realm not enabled"});
    let inactive = Answer::json(&json!({"active": false}));
    for (fault, reason) in [
        (Fault::status(503), Reason::IssuerFailed),
        (Fault::garbage(), Reason::IssuerAnswerMalformed),
        (Fault::drop_before_answer(), Reason::IssuerUnreachable),
        (
            Fault::answer(Answer::json(&off).status(403)),
            Reason::IssuerDisabled,
        ),
        (Fault::status(401), Reason::ClientCredentialsRefused),
        (Fault::status(400), Reason::RequestRefused),
        (Fault::answer(inactive), Reason::Inactive),
    ] {
        let recorded = Recorded::start();
        let world = World::start().await;
        let router = protected(world.asking().build().unwrap().introspection());
        world.server.inject(Endpoint::Introspection, fault);
        let reply = get(&router, &world.server.token().opaque()).await;
        assert_eq!(reply.status, reason.status(), "{reason:?}");
        assert_eq!(
            recorded.value(&rejections(reason.code())),
            1.0,
            "{reason:?}"
        );
        assert_eq!(
            recorded.sum("portcullis_rejections_total"),
            1.0,
            "{reason:?}"
        );
    }
}

#[tokio::test]
async fn what_a_client_sends_makes_no_new_series() {
    let recorded = Recorded::start();
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().hybrid());
    let present = async |number: usize| {
        let mint = || world.server.token().subject(format!("user-{number}"));
        for token in [mint().jwt(), mint().opaque(), format!("stranger-{number}")] {
            get(&router, &token).await;
            post_active(&router, &token).await;
        }
        recorded.text().lines().count()
    };
    let first = present(0).await;
    assert_eq!(present(1).await, first);
    assert_eq!(present(2).await, first);
    let labels: Vec<_> = recorded.label_names().into_iter().collect();
    let known = ["issuer", "outcome", "reason"];
    assert_eq!(labels, known);
}
