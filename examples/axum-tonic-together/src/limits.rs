use std::time::Duration;

use axum::{
    extract::Request,
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};
use tonic::Status;

/// How long a handler or a method may take until it answers.
const LIMIT: Duration = Duration::from_secs(10);

/// Drops what takes too long, wherever it is, so a payment may have been made: 504, or 4
/// `DEADLINE_EXCEEDED` of a method, never 503 or 14, which mean "nothing has happened, try again".
pub(crate) async fn in_time(is_method: bool, request: Request, next: Next) -> Response {
    match tokio::time::timeout(LIMIT, next.run(request)).await {
        Ok(response) => response,
        Err(_) if is_method => Status::deadline_exceeded("the method took too long").into_http(),
        Err(_) => StatusCode::GATEWAY_TIMEOUT.into_response(),
    }
}
