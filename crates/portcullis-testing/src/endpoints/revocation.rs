//! Token revocation, RFC 7009.

use super::{Form, client_authentication::authenticate, not_stored, oauth_error};
use crate::{answer::Answer, record::RecordedRequest, server::State};

pub(crate) fn answer(state: &State, request: &RecordedRequest) -> Answer {
    let outcome = Form::read(request).and_then(|form| {
        let client = authenticate(state, request, &form)?;
        let Some(token) = form.value("token") else {
            return Err(oauth_error(400, "invalid_request", "Token not provided."));
        };
        if let Some(grant) = state.refresh_tokens.grant(token) {
            // Section 2.1: nobody revokes what another was given.
            if grant.client != client.id {
                return Err(oauth_error(400, "invalid_request", "Unmatching clients"));
            }
            state.sessions.leave(&grant.session, &grant.client);
        }
        // Section 2.2: an unknown token is gone already, so the answer is the same.
        state.tokens.lock().revoke(token);
        Ok(not_stored(Answer::new(200)))
    });
    outcome.unwrap_or_else(|refused| refused)
}
