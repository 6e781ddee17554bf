//! In which form the caller gets its answer: what it accepts and what it may have.

use crate::{clients::Client, keys::SigningAlgorithm, record::RecordedRequest, server::State};

/// The media type of RFC 9701.
pub(crate) const SIGNED: &str = "application/token-introspection+jwt";

const JWT: &str = "application/jwt";

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AnswerForm {
    Json,
    /// JSON with the whole token as `jwt`: Keycloak's phantom tokens.
    JsonWithToken,
    /// A JWT, RFC 9701.
    Signed(SigningAlgorithm),
}

pub(crate) fn answer_form(state: &State, client: &Client, request: &RecordedRequest) -> AnswerForm {
    let for_all = state
        .policy
        .lock()
        .signed_introspection
        .then_some(SigningAlgorithm::RS256);
    match client.answer_algorithm.or(for_all) {
        Some(algorithm) if accepts(request, SIGNED) => AnswerForm::Signed(algorithm),
        _ if client.jwt_member && accepts(request, JWT) => AnswerForm::JsonWithToken,
        _ => AnswerForm::Json,
    }
}

/// Whether `Accept` names the type itself, RFC 9110 section 12.5.1; `*/*` names none.
fn accepts(request: &RecordedRequest, media_type: &str) -> bool {
    let values = request.headers.get_all("accept").iter();
    let mut ranges = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    ranges.any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let named = parts
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case(media_type));
        named && !parts.any(|parameter| matches!(parameter, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}
