//! The poll endpoint for security events, RFC 8936 section 2.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::not_stored;
use crate::{
    answer::Answer,
    record::RecordedRequest,
    security_events::{Batch, SecurityEvents},
    server::State,
};

/// How long a poll waits for an event, in real time (that of tokio).
const LONGEST_POLL: Duration = Duration::from_secs(30);

pub(crate) async fn answer(state: &State, request: &RecordedRequest) -> Answer {
    let events = &state.security_events;
    if !events.admits(request.header("authorization")) {
        return Answer::new(401).header("www-authenticate", "Bearer realm=\"test\"");
    }
    let Some(poll) = Poll::read(request) else {
        return refusal("The body has to be a poll request of RFC 8936 in JSON.");
    };
    for id in &poll.acknowledged {
        events.remove(id);
    }
    for (id, error) in poll.errors {
        events.reject(id, error);
    }
    if poll.waits {
        // Silence to the end is an answer, too: without events.
        let _ = tokio::time::timeout(LONGEST_POLL, events.wait_for_any()).await;
    }
    not_stored(batch(events, poll.most))
}

fn batch(events: &SecurityEvents, most: usize) -> Answer {
    let Batch { events, more } = events.oldest(most);
    let sets: Map<String, Value> = events
        .into_iter()
        .map(|(id, event)| (id, Value::String(event)))
        .collect();
    Answer::json(&json!({"sets": sets, "moreAvailable": more}))
}

/// An error in the form of RFC 8935: for requests that are no poll, RFC 8936 has none of its own.
fn refusal(description: &str) -> Answer {
    let body = json!({"err": "invalid_request", "description": description});
    not_stored(Answer::json(&body)).status(400)
}

/// What a receiver asks for, and what it says of what it got before.
struct Poll {
    most: usize,
    /// Whether to wait for an event if there is none.
    waits: bool,
    acknowledged: Vec<String>,
    errors: Map<String, Value>,
}

impl Poll {
    /// `None` if the request is none.
    fn read(request: &RecordedRequest) -> Option<Self> {
        let media_type = request.header("content-type")?.split(';').next()?.trim();
        if !media_type.eq_ignore_ascii_case("application/json") {
            return None;
        }
        let body: Map<String, Value> = serde_json::from_slice(&request.body).ok()?;
        let most = match body.get("maxEvents") {
            None => usize::MAX,
            Some(count) => usize::try_from(count.as_u64()?).ok()?,
        };
        let immediately = match body.get("returnImmediately") {
            None => false,
            Some(immediately) => immediately.as_bool()?,
        };
        let acknowledged = match body.get("ack") {
            None => Vec::new(),
            Some(ids) => ids
                .as_array()?
                .iter()
                .map(|id| id.as_str().map(str::to_owned))
                .collect::<Option<_>>()?,
        };
        let errors = match body.get("setErrs") {
            None => Map::new(),
            Some(errors) => errors.as_object()?.clone(),
        };
        Some(Self {
            most,
            // Without room for an event there is nothing to wait for.
            waits: !immediately && most > 0,
            acknowledged,
            errors,
        })
    }
}
