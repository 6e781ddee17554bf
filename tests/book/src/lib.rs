//! The code of the book, compiled and run: each page of `docs/` that has some is the documentation of
//! a module here. And what its code tries its routers with.

use axum::{
    Router,
    body::Body,
    http::{Request, header::AUTHORIZATION},
    response::Response,
};
use http_body_util::BodyExt;
use tower::ServiceExt;

macro_rules! pages {
    ($($name:ident $page:literal)+) => {
        $(
            #[cfg(doctest)]
            #[doc = include_str!(concat!("../../../docs/", $page))]
            mod $name {}
        )+

        /// The pages with code that is compiled.
        pub const PAGES: &[&str] = &[$($page),+];
    };
}

pages! {
    introduction "introduction.md"
    tutorial "tutorial.md"
    errors "errors.md"
    revocation "revocation.md"
    protect_a_route "guides/protect-a-route.md"
    sensitive_route "guides/sensitive-route.md"
    roles "guides/roles.md"
    opaque_tokens "guides/opaque-tokens.md"
    instant_logout "guides/instant-logout.md"
    many_replicas "guides/many-replicas.md"
    testing "guides/testing.md"
    behind_a_proxy "guides/behind-a-proxy.md"
    migrating "guides/migrating.md"
    axum_keycloak_auth "guides/migrating/axum-keycloak-auth.md"
    jwt_authorizer "guides/migrating/jwt-authorizer.md"
    tower_oauth2_resource_server "guides/migrating/tower-oauth2-resource-server.md"
}

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
