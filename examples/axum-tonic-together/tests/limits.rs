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
    for (is_method, takes, status, grpc_status) in [
        (false, 9, StatusCode::OK, None),
        (false, 11, StatusCode::GATEWAY_TIMEOUT, None),
        (true, 9, StatusCode::OK, None),
        (true, 11, StatusCode::OK, Some("4")),
    ] {
        let handler = post(move || sleep(Duration::from_secs(takes)));
        let router = Router::new().route("/", handler);
        let router = router.layer(from_fn(move |request, next| {
            limits::in_time(is_method, request, next)
        }));
        // What a client calls it decides nothing.
        let request = Request::post("/").header("content-type", "application/grpc");
        let request = request.body(Body::empty()).unwrap();
        let answer = router.oneshot(request).await.unwrap();
        assert_eq!(answer.status(), status, "{is_method} {takes}");
        let told = answer.headers().get("grpc-status");
        assert_eq!(told.map(|told| told.to_str().unwrap()), grpc_status);
    }
}
