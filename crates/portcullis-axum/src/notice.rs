use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use portcullis::NoticeReceipt;
use serde_json::json;

use crate::readiness::NO_STORE;

/// When a notice that cannot be judged may be sent again, in seconds.
pub(crate) const RETRY_AFTER: (HeaderName, HeaderValue) =
    (header::RETRY_AFTER, HeaderValue::from_static("1"));

/// What whoever has sent a notice is told.
pub(crate) fn respond(receipt: NoticeReceipt) -> Response {
    let status = receipt.status();
    let mut response = match receipt.error() {
        None => (status, [NO_STORE]).into_response(),
        Some((error, description)) => {
            let body = json!({ "error": error, "error_description": description });
            (status, [NO_STORE], Json(body)).into_response()
        }
    };
    if status == StatusCode::SERVICE_UNAVAILABLE {
        let (name, seconds) = RETRY_AFTER;
        response.headers_mut().insert(name, seconds);
    }
    response
}
