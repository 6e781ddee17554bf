//! The stream of security events that a receiver polls, RFC 8936.

use std::{collections::VecDeque, fmt};

use serde_json::Value;
use tokio::sync::watch;

use crate::lock::Lock;

/// What waits for a receiver, and what it said of what it got.
#[derive(Default)]
pub(crate) struct SecurityEvents {
    /// Each SET under its `jti`, oldest first, until it is acknowledged.
    queue: watch::Sender<VecDeque<(String, String)>>,
    errors: Lock<Vec<(String, Value)>>,
    bearer: Lock<Option<String>>,
}

/// A part of the queue, and whether there is more behind it.
pub(crate) struct Batch {
    pub(crate) events: Vec<(String, String)>,
    pub(crate) more: bool,
}

impl SecurityEvents {
    /// Puts a SET at the end of the queue, or in place of the one with the same id.
    pub(crate) fn add(&self, id: String, event: String) {
        self.queue.send_modify(
            |queue| match queue.iter_mut().find(|(known, _)| *known == id) {
                Some((_, known)) => *known = event,
                None => queue.push_back((id, event)),
            },
        );
    }

    /// Takes an acknowledged SET out of the queue.
    pub(crate) fn remove(&self, id: &str) {
        self.queue
            .send_modify(|queue| queue.retain(|(known, _)| known != id));
    }

    /// Takes a SET out of the queue that the receiver could do nothing with, and keeps its reason.
    pub(crate) fn reject(&self, id: String, error: Value) {
        self.remove(&id);
        self.errors.lock().push((id, error));
    }

    /// The oldest SETs, at most `count` of them.
    pub(crate) fn oldest(&self, count: usize) -> Batch {
        let queue = self.queue.borrow();
        Batch {
            events: queue.iter().take(count).cloned().collect(),
            more: queue.len() > count,
        }
    }

    /// Returns once there is something in the queue.
    pub(crate) async fn wait_for_any(&self) {
        let mut queue = self.queue.subscribe();
        // The sender lives in `self`, so this never fails.
        let _ = queue.wait_for(|queue| !queue.is_empty()).await;
    }

    pub(crate) fn ids(&self) -> Vec<String> {
        let queue = self.queue.borrow();
        queue.iter().map(|(id, _)| id.clone()).collect()
    }

    pub(crate) fn errors(&self) -> Vec<(String, Value)> {
        self.errors.lock().clone()
    }

    pub(crate) fn set_bearer(&self, token: Option<String>) {
        *self.bearer.lock() = token;
    }

    /// Whether a request with this `Authorization` may poll.
    pub(crate) fn admits(&self, authorization: Option<&str>) -> bool {
        let bearer = self.bearer.lock();
        let Some(wanted) = bearer.as_deref() else {
            return true;
        };
        let presented = authorization.and_then(|value| value.split_once(' '));
        presented
            .is_some_and(|(scheme, token)| scheme.eq_ignore_ascii_case("bearer") && token == wanted)
    }
}

impl fmt::Debug for SecurityEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecurityEvents")
            .field("queue", &self.ids())
            .field("errors", &self.errors())
            .finish_non_exhaustive()
    }
}
