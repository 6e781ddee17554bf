use std::time::Duration;

use axum::{extract::Request, middleware::Next, response::Response};
use tonic::Status;

/// How long a method may take until it answers. What it says in a stream afterwards may take longer.
const LIMIT: Duration = Duration::from_secs(10);

/// Drops a method that takes too long, wherever it is, so a payment may have been made: 4
/// `DEADLINE_EXCEEDED`, never 14, which means "nothing has happened, try again". What must not be
/// dropped half-way belongs into a task of its own (`tokio::spawn`) that the method waits for.
///
/// A client that gives up (its own deadline, a cancelled call) has the method dropped as well.
pub(crate) async fn in_time(request: Request, next: Next) -> Response {
    let answer = tokio::time::timeout(LIMIT, next.run(request)).await;
    answer.unwrap_or_else(|_| Status::deadline_exceeded("the method took too long").into_http())
}
