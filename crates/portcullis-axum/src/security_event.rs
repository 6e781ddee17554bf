use axum::{
    Json,
    body::{Body, to_bytes},
    extract::Request,
    response::{IntoResponse, Response},
    routing::{MethodRouter, post},
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use portcullis::{SecurityEventReceipt, SecurityEventReceiver};
use serde_json::json;

use crate::{notice::RETRY_AFTER, readiness::NO_STORE, single_header::single_header};

/// A route for the security events that one issuer pushes (RFC 8935, Shared Signals Framework 1.0).
///
/// `POST` of a security event token answers 202 once it was taken, 400 with a JSON object of `err` and
/// `description` for what is none for us, 401 without the `Authorization` that was agreed upon, 413
/// where it is too long, and 503 while the issuer's keys cannot be had: the transmitter has to send it
/// again then. It stands **beside** the `AuthenticateLayer` and never behind it, since what proves an
/// event is its own signature, and each issuer has a route of its own. Anybody may send to it, and slowly:
/// put it inside the timeout that other routes have.
///
/// Its address is the `endpoint_url` of a stream at the issuer, which has to reach it; nobody else
/// needs to.
///
/// ```
/// use axum::{Router, routing::get};
/// use portcullis::{AuthenticateLayer, ConfigError, Realm};
/// use portcullis_axum::security_event_route;
///
/// # fn router(push_secret: &str) -> Result<Router, ConfigError> {
/// let realm = Realm::new("https://id.example.com/realms/shop")?
///     .audience("orders-api")
///     .security_event_audience("orders-api")
///     .security_event_authorization(format!("Bearer {push_secret}"))
///     .build()?;
/// let router = Router::new()
///     .route("/orders", get(|| async { "your orders" }))
///     .layer(AuthenticateLayer::new(realm.jwt()))
///     .route("/security-events", security_event_route(realm.security_event_receiver()?));
/// # Ok(router)
/// # }
/// # router("hush").unwrap();
/// ```
pub fn security_event_route<S>(receiver: SecurityEventReceiver) -> MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    post(move |request: Request| async move { respond(receive(&receiver, request).await) })
}

async fn receive(receiver: &SecurityEventReceiver, request: Request<Body>) -> SecurityEventReceipt {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, SecurityEventReceiver::MAX_LENGTH).await else {
        return SecurityEventReceipt::TooLong;
    };
    let header = |name| single_header(&parts.headers, &name);
    let (authorization, content_type) =
        (header(header::AUTHORIZATION), header(header::CONTENT_TYPE));
    receiver.receive(authorization, content_type, &body).await
}

/// The language of the descriptions (RFC 8935 §2.3).
const ENGLISH: (HeaderName, HeaderValue) =
    (header::CONTENT_LANGUAGE, HeaderValue::from_static("en"));
/// A 401 has to have a challenge (RFC 9110 §15.5.2).
const CHALLENGE: (HeaderName, HeaderValue) =
    (header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));

/// What whoever has sent an event is told.
fn respond(receipt: SecurityEventReceipt) -> Response {
    let status = receipt.status();
    let mut response = match receipt.error() {
        None => (status, [NO_STORE]).into_response(),
        Some((err, description)) => {
            let body = json!({ "err": err, "description": description });
            (status, [NO_STORE, ENGLISH], Json(body)).into_response()
        }
    };
    let beside = match status {
        StatusCode::UNAUTHORIZED => Some(CHALLENGE),
        StatusCode::SERVICE_UNAVAILABLE => Some(RETRY_AFTER),
        _ => None,
    };
    response.headers_mut().extend(beside);
    response
}
