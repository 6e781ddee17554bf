//! What an error says of the server.

use super::breaker::{Illness, Symptom};
use crate::{
    http_client::{FetchError, HttpError},
    verify::introspection::call::CallError,
};

/// Why nothing came from the server at all, if that is so.
pub(super) fn silence(error: &CallError) -> Option<&HttpError> {
    let (CallError::Http(http) | CallError::Endpoint(FetchError::Http { error: http, .. })) = error
    else {
        return None;
    };
    let has_answered = matches!(http, HttpError::BodyTooLong { .. } | HttpError::Broken(_));
    (!has_answered).then_some(http)
}

/// By what an error shows that the server is not well, if it does.
pub(super) fn symptom(error: &CallError) -> Option<Symptom> {
    match error {
        CallError::Trouble { retry_after, .. } => Some(Symptom {
            kind: Illness::Failing,
            pause: retry_after.filter(|pause| !pause.is_zero()),
        }),
        _ => silence(error).map(|_| Symptom::SILENCE),
    }
}
