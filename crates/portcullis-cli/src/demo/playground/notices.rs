//! Whether the hybrid route was told of a logout.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use axum::{extract::State, middleware, response::Response, routing::MethodRouter};

/// How many notices were taken. Clones count as one.
#[derive(Debug, Clone, Default)]
pub(super) struct TakenNotices(Arc<AtomicU64>);

impl TakenNotices {
    pub(super) fn count(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    /// A receiver whose notices are counted as it takes them.
    pub(super) fn counted(&self, receiver: MethodRouter) -> MethodRouter {
        receiver.layer(middleware::map_response_with_state(self.clone(), count))
    }
}

async fn count(State(taken): State<TakenNotices>, response: Response) -> Response {
    if response.status().is_success() {
        taken.0.fetch_add(1, Ordering::SeqCst);
    }
    response
}
