//! What those who watch over a service see of a call: a span, a count, how long it took.

use std::time::Instant;

use tracing::{Span, field};

use super::{
    call::CallError,
    endpoint::{Answered, IntrospectionEndpoint},
    reply::Reply,
};
use crate::{
    http_client::{FetchError, HttpError},
    telemetry::{CallOutcome, Outcome},
};

/// A call under way. One that is cut off before its end has run into its deadline.
pub(super) struct ObservedCall<'a> {
    endpoint: &'a IntrospectionEndpoint,
    began: Instant,
    span: Span,
    outcome: CallOutcome,
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
            outcome: CallOutcome::Timeout,
        }
    }

    pub(super) fn span(&self) -> Span {
        self.span.clone()
    }

    pub(super) fn end(mut self, answer: &Result<Answered, CallError>) {
        self.outcome = match answer {
            Ok(answered) => match &answered.reply {
                Reply::Active(facts) if facts.other_kind().is_some() => {
                    CallOutcome::NotAnAccessToken
                }
                Reply::Active(_) => CallOutcome::Active,
                Reply::Inactive => CallOutcome::Inactive,
            },
            Err(error) => of_error(error),
        };
    }
}

impl Drop for ObservedCall<'_> {
    fn drop(&mut self) {
        let took = self
            .endpoint
            .clock()
            .monotonic()
            .saturating_duration_since(self.began);
        self.span.record("outcome", self.outcome.code());
        self.endpoint.discovery.telemetry.call(self.outcome, took);
    }
}

fn of_error(error: &CallError) -> CallOutcome {
    match error {
        CallError::Refused(_) => CallOutcome::Refused,
        CallError::Trouble { .. } | CallError::RealmDisabled | CallError::TokenTooLong => {
            CallOutcome::Trouble
        }
        CallError::Http(error) | CallError::Endpoint(FetchError::Http { error, .. }) => match error
        {
            HttpError::Timeout => CallOutcome::Timeout,
            HttpError::BodyTooLong { .. } | HttpError::Broken(_) => CallOutcome::Malformed,
            _ => CallOutcome::Unreachable,
        },
        CallError::Malformed(_) => CallOutcome::Malformed,
        CallError::Endpoint(_) | CallError::Authentication(_) => CallOutcome::Unreachable,
    }
}
