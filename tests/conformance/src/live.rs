use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use axum::{Router, body::Body};
use http::{Request, header};

use crate::{Reply, send};

/// `POST /active` with a bearer token: the server is asked before the handler runs.
pub async fn post_active(router: &Router, token: &str) -> Reply {
    let request = Request::post("/active")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Body::empty())
        .unwrap();
    send(router, request).await
}

/// Polls a future once and wakes nobody: whether it is ready without waiting for anything.
pub fn poll_once<F: Future>(future: &mut Pin<Box<F>>) -> Poll<F::Output> {
    future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
}
