//! The code of the book and of the README, compiled and run: each page that has some is the
//! documentation of a module here. And what its code tries its routers with.

use axum::{
    Router,
    body::Body,
    http::{Request, header::AUTHORIZATION},
    response::Response,
};
use http_body_util::BodyExt;
use tower::ServiceExt;

mod pages;
pub mod surroundings;

pub use pages::PAGES;

/// `GET path`, with this token if there is one.
#[must_use]
pub fn get(path: &str, token: Option<&str>) -> Request<Body> {
    request("GET", path, token)
}

/// `POST path`, with this token if there is one.
#[must_use]
pub fn post(path: &str, token: Option<&str>) -> Request<Body> {
    request("POST", path, token)
}

fn request(method: &str, path: &str, token: Option<&str>) -> Request<Body> {
    let mut request = Request::new(Body::empty());
    if let (Ok(method), Ok(uri)) = (method.parse(), path.parse()) {
        (*request.method_mut(), *request.uri_mut()) = (method, uri);
    }
    if let Some(value) = token.and_then(|token| format!("Bearer {token}").parse().ok()) {
        request.headers_mut().insert(AUTHORIZATION, value);
    }
    request
}

/// The status that a router answers with.
pub async fn status(app: &Router, request: Request<Body>) -> u16 {
    answer(app, request).await.status().as_u16()
}

/// The text that a router answers with; nothing where that is no text.
pub async fn said(app: &Router, request: Request<Body>) -> String {
    let body = answer(app, request).await.into_body().collect().await;
    let text = body.map(|body| String::from_utf8_lossy(&body.to_bytes()).into_owned());
    text.unwrap_or_default()
}

async fn answer(app: &Router, request: Request<Body>) -> Response {
    match app.clone().oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
