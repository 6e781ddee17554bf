//! What takes too long, on a clock that goes on by itself.
#![cfg(test)]

#[path = "../src/limits.rs"]
mod limits;

use std::time::Duration;

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
    middleware::from_fn,
    routing::post,
};
use tokio::time::sleep;
use tower::ServiceExt;

#[tokio::test(start_paused = true)]
async fn what_takes_too_long_is_dropped_and_nobody_is_asked_to_try_again() {
    for (content_type, takes, status, grpc_status) in [
        ("text/plain", 9, StatusCode::OK, None),
        ("text/plain", 11, StatusCode::GATEWAY_TIMEOUT, None),
        ("application/grpc", 9, StatusCode::OK, None),
        ("application/grpc", 11, StatusCode::OK, Some("4")),
    ] {
        let handler = post(move || sleep(Duration::from_secs(takes)));
        let router = Router::new().route("/", handler);
        let router = router.layer(from_fn(limits::in_time));
        let request = Request::post("/").header("content-type", content_type);
        let request = request.body(Body::empty()).unwrap();
        let answer = router.oneshot(request).await.unwrap();
        assert_eq!(answer.status(), status, "{content_type} {takes}");
        let told = answer.headers().get("grpc-status");
        assert_eq!(told.map(|told| told.to_str().unwrap()), grpc_status);
    }
}
