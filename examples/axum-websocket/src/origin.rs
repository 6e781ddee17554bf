//! Which pages may open sockets.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{StatusCode, header::ORIGIN},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// The origins that are let in, as browsers send them.
#[derive(Clone)]
pub(crate) struct Origins(Arc<[String]>);

impl Origins {
    pub(crate) fn new(origins: Vec<String>) -> Self {
        Self(origins.into())
    }

    fn has(&self, origin: &[u8]) -> bool {
        self.0.iter().any(|known| known.as_bytes() == origin)
    }
}

/// Lets in what no browser has sent, and pages of these origins.
///
/// Nobody else looks at that: CORS is not for handshakes of WebSockets, and a page of whatever origin
/// opens them. It has no token of ours, unless one was stolen; here it has no way to use that from
/// the browser of somebody else.
pub(crate) async fn check(
    State(origins): State<Origins>,
    request: Request,
    next: Next,
) -> Response {
    let mut sent = request.headers().get_all(ORIGIN).iter();
    if sent.all(|origin| origins.has(origin.as_bytes())) {
        next.run(request).await
    } else {
        (
            StatusCode::FORBIDDEN,
            "no socket for pages of this origin\n",
        )
            .into_response()
    }
}
