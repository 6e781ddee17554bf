//! When it is on, and who is told of it.

use std::sync::Arc;

use axum::{Router, routing::get as route};
use http::StatusCode;
use portcullis::{
    AuthenticateLayer, Cause, MultiIssuerVerifier, Readiness, Realm, Reason, TokenVerifier,
    verifier_fn,
};
use portcullis_axum::{management_router, readiness_route};
use portcullis_conformance::{
    AUDIENCE, CLIENT_ID, CLIENT_SECRET, CapturedLog, Reply, World, get, protected, send,
};
use serde_json::json;
use tracing::Level;

use super::is_marked;

/// The lines of the log about it.
fn lines(log: &CapturedLog) -> Vec<Level> {
    let lines = log.lines().into_iter();
    lines
        .filter(|line| line.text.contains("danger_expose_diagnosis"))
        .map(|line| line.level)
        .collect()
}

/// The test is a debug build: there the wish suffices.
#[tokio::test]
async fn c18_each_issuer_that_is_built_with_it_warns_once() {
    let world = World::start().await;
    let log = CapturedLog::start();
    let plain = world.asking().build().unwrap();
    assert!(lines(&log).is_empty());
    assert!(!plain.hybrid().exposes_diagnosis());
    let local = world.realm().danger_expose_diagnosis().build().unwrap();
    assert_eq!(lines(&log), [Level::WARN]);
    let asking = world.asking().danger_expose_diagnosis();
    let asking = asking.connect().await.unwrap();
    assert_eq!(lines(&log), [Level::WARN; 2]);
    for router in [
        protected(local.jwt()),
        protected(asking.jwt()),
        protected(asking.hybrid()),
        protected(asking.introspection()),
    ] {
        let reply = get(&router, "a$b").await;
        assert!(is_marked(&reply));
        let reason = &reply.json()["diagnosis"]["reason"];
        assert_eq!(reason, Reason::MalformedToken.code());
    }
    assert_eq!(lines(&log), [Level::WARN; 2], "requests do not");
}

#[tokio::test]
async fn c18_the_readiness_tells_of_it_and_the_service_gets_requests() {
    let world = World::start().await;
    let keys = world.server.jwks().to_string();
    let issuer = world.realm().keys(&keys).danger_expose_diagnosis();
    let issuer = issuer.build().unwrap();
    let exposed = Readiness::Degraded(vec![Cause::DiagnosisExposed]);
    assert_eq!(issuer.readiness(), exposed);
    let asking = world.asking().danger_expose_diagnosis().build().unwrap();
    let causes = asking.readiness();
    assert!(causes.causes().contains(&Cause::DiagnosisExposed));

    let report = {
        let issuer = issuer.clone();
        move || issuer.readiness()
    };
    let router = Router::new().route("/", readiness_route(report.clone()));
    let reply = ask(&router, "/").await;
    assert_eq!(reply.status, StatusCode::OK);
    let reply = ask(&management_router(report, String::new), "/readyz").await;
    assert_eq!(reply.status, StatusCode::OK);
    let expected = json!({
        "status": "degraded",
        "causes": [{
            "code": "diagnosis_exposed",
            "message": Cause::DiagnosisExposed.to_string(),
        }],
    });
    assert_eq!(reply.json(), expected);
}

async fn ask(router: &Router, path: &str) -> Reply {
    let request = http::Request::get(path).body(axum::body::Body::empty());
    send(router, request.unwrap()).await
}

fn realm(name: &str) -> portcullis::IssuerBuilder {
    let realm = Realm::new(format!("https://id.example.com/realms/{name}"));
    realm.unwrap().audience(AUDIENCE)
}

#[tokio::test]
async fn c18_several_issuers_expose_only_what_all_of_them_would() {
    let exposing = realm("shop").client_secret(CLIENT_ID, CLIENT_SECRET);
    let exposing = exposing.danger_expose_diagnosis().build().unwrap();
    let other = realm("partner").danger_expose_diagnosis().build().unwrap();
    let silent = realm("silent").build().unwrap();
    let builder = || MultiIssuerVerifier::builder().hybrid(&exposing);
    let exposes =
        |builder: portcullis::MultiIssuerBuilder| builder.build().unwrap().exposes_diagnosis();
    assert!(exposes(builder()));
    assert!(exposes(builder().local(&other)));
    assert!(!exposes(builder().local(&silent)));
    let tenant = other.jwt();
    let with_tenants = builder().tenants(10, move |_| {
        Some(Arc::new(tenant.clone()) as Arc<dyn TokenVerifier>)
    });
    assert!(!exposes(with_tenants), "who is yet to come is not known");

    let verifier = builder().local(&silent).build().unwrap();
    let reply = get(&protected(verifier), "a$b").await;
    assert!(!is_marked(&reply));
    assert_eq!(reply.json().get("diagnosis"), None);
}

#[tokio::test]
async fn c18_a_verifier_of_ones_own_exposes_nothing_unless_it_says_so() {
    let exposing = realm("shop").danger_expose_diagnosis().build().unwrap();
    let shared: Arc<dyn TokenVerifier> = Arc::new(exposing.jwt());
    assert!(shared.exposes_diagnosis(), "a pointer is the verifier");
    let inner = exposing.jwt();
    let around = verifier_fn(move |credentials, freshness| inner.verify(&credentials, freshness));
    assert!(!around.exposes_diagnosis());
    let router = Router::new()
        .route("/", route(|| async {}))
        .layer(AuthenticateLayer::new(around));
    assert!(!is_marked(&get(&router, "a$b").await));
}
