use axum::{Router, body::Body};
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use crate::{Challenge, challenges};

/// What a client got.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Reply {
    /// The `error` of the `Bearer` challenge; `None` when the challenge names none. Panics when
    /// there is no such challenge.
    #[must_use]
    pub fn error(&self) -> Option<String> {
        let challenge = self.challenge().unwrap();
        challenge.parameter("error").map(str::to_owned)
    }

    /// The `Bearer` challenge, if there is one.
    #[must_use]
    pub fn challenge(&self) -> Option<Challenge> {
        challenges(&self.headers)
            .into_iter()
            .find(|challenge| challenge.scheme.eq_ignore_ascii_case("Bearer"))
    }

    /// `Retry-After` in seconds, if there is one.
    #[must_use]
    pub fn retry_after(&self) -> Option<u64> {
        let value = self.headers.get(header::RETRY_AFTER)?;
        Some(value.to_str().unwrap().parse().unwrap())
    }

    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Asserts 401 `invalid_token`.
    pub fn assert_invalid_token(&self) {
        assert_eq!(self.status, StatusCode::UNAUTHORIZED);
        assert_eq!(self.error().as_deref(), Some("invalid_token"));
    }

    /// Asserts 503 with `Retry-After` and without a challenge.
    pub fn assert_unavailable(&self) {
        assert_eq!(self.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(self.retry_after().is_some());
        assert!(self.challenge().is_none());
    }
}

/// `GET /` with a bearer token.
pub async fn get(router: &Router, token: &str) -> Reply {
    let request = Request::get("/")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Body::empty())
        .unwrap();
    send(router, request).await
}

/// A request of any kind.
pub async fn send(router: &Router, request: Request<Body>) -> Reply {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    Reply {
        status: parts.status,
        headers: parts.headers,
        body: body.collect().await.unwrap().to_bytes(),
    }
}
