//! The JWK set, RFC 7517, and its revalidation, RFC 9110 section 13.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{answer::Answer, record::RecordedRequest, server::State};

pub(crate) fn answer(state: &State, request: &RecordedRequest) -> Answer {
    let answer = Answer::json(&state.keys.lock().document());
    let Some(max_age) = state.policy.lock().jwks_max_age else {
        return answer;
    };
    let hash = digest(&SHA256, &answer.body);
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(hash));
    let answer = if is_known(request, &tag) {
        Answer::new(304)
    } else {
        answer
    };
    answer
        .header("etag", tag)
        .header("cache-control", format!("max-age={}", max_age.as_secs()))
}

/// Whether `If-None-Match` names this tag or any. Tags are compared as RFC 9110 section 13.1.2 has
/// it: weak ones count.
fn is_known(request: &RecordedRequest, tag: &str) -> bool {
    let values = request.headers.get_all("if-none-match").iter();
    let mut tags = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(',').map(str::trim));
    tags.any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}
