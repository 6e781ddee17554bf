//! An access token as the caller's credentials, RFC 7662 section 2.1.

use super::super::{Form, oauth_error, token_status};
use crate::{answer::Answer, clients::Client, record::RecordedRequest, server::State};

/// The client whose access token the request bears; `None` if it bears none or the server takes
/// none.
pub(crate) fn authenticate_bearer(
    state: &State,
    request: &RecordedRequest,
    form: &Form,
) -> Option<Result<Client, Answer>> {
    let wanted = state.policy.lock().introspection_scope.clone()?;
    let (scheme, token) = request.header("authorization")?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    if form.value("client_secret").is_some() || form.value("client_assertion").is_some() {
        return Some(Err(oauth_error(
            400,
            "invalid_request",
            "More than one client authentication.",
        )));
    }
    Some(judge(state, token, &wanted))
}

fn judge(state: &State, token: &str, wanted: &str) -> Result<Client, Answer> {
    let claims = token_status(state, token).ok_or_else(invalid_token)?;
    let text = |name: &str| claims.get(name).and_then(serde_json::Value::as_str);
    let id = text("client_id").unwrap_or_default();
    let client = state.clients.lock().get(id).cloned();
    let client = client.ok_or_else(invalid_token)?;
    let mut scope = text("scope").unwrap_or_default().split(' ');
    if scope.any(|scope| scope == wanted) {
        Ok(client)
    } else {
        Err(
            oauth_error(403, "insufficient_scope", "The token may not introspect.").header(
                "www-authenticate",
                format!("Bearer realm=\"test\", error=\"insufficient_scope\", scope=\"{wanted}\""),
            ),
        )
    }
}

fn invalid_token() -> Answer {
    oauth_error(401, "invalid_token", "The token is not active.").header(
        "www-authenticate",
        "Bearer realm=\"test\", error=\"invalid_token\"",
    )
}
