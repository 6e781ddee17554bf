//! What those who watch over a service see of a call: a span, a count, how long it took.

use std::time::Instant;

use tracing::{Span, field};

use super::{
    call::CallError,
    endpoint::{Answered, IntrospectionEndpoint},
    reply::Reply,
};
use crate::{
    http_client::HttpError,
    telemetry::{CallOutcome, Outcome},
};

/// A call under way. One that is cut off before its end has run into its deadline.
pub(super) struct ObservedCall<'a> {
    endpoint: &'a IntrospectionEndpoint,
    began: Instant,
    span: Span,
    /// `None` for a call that never was one.
    outcome: Option<CallOutcome>,
}

impl<'a> ObservedCall<'a> {
    pub(super) fn begin(endpoint: &'a IntrospectionEndpoint) -> Self {
        Self {
            endpoint,
            began: endpoint.clock().monotonic(),
            span: tracing::debug_span!(
                target: "portcullis::introspection",
                "introspection",
                issuer = %endpoint.discovery.issuer,
                outcome = field::Empty,
            ),
            outcome: Some(CallOutcome::Timeout),
        }
    }

    pub(super) fn span(&self) -> Span {
        self.span.clone()
    }

    pub(super) fn end(mut self, answer: &Result<Answered, CallError>) {
        self.outcome = match answer {
            Ok(answered) => Some(match &answered.reply {
                Reply::Active(facts) if facts.other_kind().is_some() => {
                    CallOutcome::NotAnAccessToken
                }
                Reply::Active(_) => CallOutcome::Active,
                Reply::Inactive => CallOutcome::Inactive,
            }),
            Err(error) => of_error(error),
        };
    }
}

impl Drop for ObservedCall<'_> {
    fn drop(&mut self) {
        let Some(outcome) = self.outcome else {
            return;
        };
        let took = self
            .endpoint
            .clock()
            .monotonic()
            .saturating_duration_since(self.began);
        self.span.record("outcome", outcome.code());
        self.endpoint.discovery.telemetry.call(outcome, took);
    }
}

/// What came of the call; `None` when the server was never called.
fn of_error(error: &CallError) -> Option<CallOutcome> {
    Some(match error {
        CallError::Refused(_) => CallOutcome::Refused,
        CallError::Trouble { .. } | CallError::RealmDisabled | CallError::TokenTooLong => {
            CallOutcome::Trouble
        }
        CallError::Http(HttpError::Timeout) => CallOutcome::Timeout,
        CallError::Http(HttpError::BodyTooLong { .. } | HttpError::Broken(_))
        | CallError::Malformed(_) => CallOutcome::Malformed,
        CallError::Http(_) => CallOutcome::Unreachable,
        CallError::Endpoint(_) | CallError::Authentication(_) => return None,
    })
}
