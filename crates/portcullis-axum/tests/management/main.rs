//! What the routes for orchestrators and operators say, and to whom.
#![cfg(test)]

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use axum::{Router, body::Body};
use http::{Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use portcullis::{Cause, Readiness};
use portcullis_axum::{management_router, readiness_route};
use serde_json::{Value, json};
use tower::ServiceExt;

fn degraded() -> Readiness {
    Readiness::Degraded(vec![
        Cause::KeysNotRefreshed,
        Cause::ClientCredentialsRefused,
    ])
}

fn not_ready() -> Readiness {
    Readiness::NotReady(vec![Cause::KeysNotLoaded])
}

/// Each readiness, and the status and the word it is told with.
fn rows() -> [(Readiness, StatusCode, &'static str); 3] {
    [
        (Readiness::Ready, StatusCode::OK, "ready"),
        (degraded(), StatusCode::OK, "degraded"),
        (not_ready(), StatusCode::SERVICE_UNAVAILABLE, "not ready"),
    ]
}

async fn get(router: Router, path: &str) -> (Response<()>, String) {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let body = String::from_utf8(body.to_vec()).unwrap();
    (Response::from_parts(parts, ()), body)
}

#[tokio::test]
async fn anybody_is_told_one_word() {
    for (readiness, status, word) in rows() {
        let route = readiness_route(move || readiness.clone());
        let (response, body) = get(Router::new().route("/readyz", route), "/readyz").await;
        assert_eq!((response.status(), body.as_str()), (status, word));
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
    }
}

#[tokio::test]
async fn operators_are_told_why() {
    for (readiness, status, word) in rows() {
        let causes: Vec<_> = readiness
            .causes()
            .iter()
            .map(|cause| json!({"code": cause.code(), "message": cause.to_string()}))
            .collect();
        let router = management_router(move || readiness.clone(), String::new);
        let (response, body) = get(router, "/readyz").await;
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        let report: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(report, json!({"status": word, "causes": causes}));
    }
}

#[tokio::test]
async fn metrics_are_what_the_application_renders() {
    let rendered = "portcullis_requests_total{outcome=\"verified\"} 3\n";
    let router = management_router(not_ready, || rendered.to_owned());
    let (response, body) = get(router, "/metrics").await;
    assert_eq!(
        (response.status(), body.as_str()),
        (StatusCode::OK, rendered)
    );
    let content_type = &response.headers()[header::CONTENT_TYPE];
    assert_eq!(content_type, "text/plain; version=0.0.4; charset=utf-8");
}

/// An issuer that is asked sets its gauge.
#[tokio::test]
async fn readiness_is_asked_for_before_metrics_are_rendered() {
    let asked = Arc::new(AtomicU32::new(0));
    let report = {
        let asked = asked.clone();
        move || {
            asked.fetch_add(1, Ordering::Relaxed);
            not_ready()
        }
    };
    let metrics = move || asked.load(Ordering::Relaxed).to_string();
    let router = management_router(report, metrics);
    for times in ["1", "2"] {
        let (response, body) = get(router.clone(), "/metrics").await;
        assert_eq!((response.status(), body.as_str()), (StatusCode::OK, times));
    }
}
