//! Methods that take too long, on a clock that goes on by itself.
#![cfg(test)]

#[path = "../src/limits.rs"]
mod limits;

use std::time::Duration;

use axum::{Router, body::Body, middleware::from_fn, routing::post};
use http::{Request, StatusCode};
use tokio::time::sleep;
use tower::ServiceExt;

#[tokio::test(start_paused = true)]
async fn a_method_that_takes_too_long_is_dropped_and_nobody_is_asked_to_try_again() {
    for (takes, grpc_status) in [(9, None), (11, Some("4"))] {
        let method = post(move || sleep(Duration::from_secs(takes)));
        let router = Router::new().route("/shop.v1.Orders/Pay", method);
        let router = router.layer(from_fn(limits::in_time));
        let request = Request::post("/shop.v1.Orders/Pay").body(Body::empty());
        let answer = router.oneshot(request.unwrap()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let status = answer.headers().get("grpc-status");
        assert_eq!(status.map(|status| status.to_str().unwrap()), grpc_status);
    }
}
