//! Whether a refresh token is worth anything, by Keycloak's rules and in its words.

use super::super::{Form, oauth_error};
use crate::{answer::Answer, clients::Client, refresh_tokens::RefreshGrant, server::State};

/// What the presented refresh token stands for, if it is one of this client's, over or not.
pub(in super::super) fn presented_grant(
    state: &State,
    client: &Client,
    form: &Form,
) -> Result<RefreshGrant, Answer> {
    let token = form
        .value("refresh_token")
        .ok_or_else(|| oauth_error(400, "invalid_request", "No refresh token"))?;
    let grant = state.refresh_tokens.grant(token);
    let grant = grant.ok_or_else(|| invalid_grant("Invalid refresh token"))?;
    if grant.client == client.id {
        Ok(grant)
    } else {
        Err(invalid_grant(
            "Invalid refresh token. Token client and authorized client don't match",
        ))
    }
}

/// The same, if there is something to be had for it today.
pub(super) fn refreshable(
    state: &State,
    client: &Client,
    form: &Form,
) -> Result<RefreshGrant, Answer> {
    let grant = presented_grant(state, client, form)?;
    if grant.expires_at() <= state.clock.now_seconds() {
        return Err(invalid_grant("Token is not active"));
    }
    if !state.sessions.is_living(&grant.session, &grant.client) {
        return Err(invalid_grant("Session not active"));
    }
    if state.subjects.is_disabled(&grant.subject) {
        return Err(invalid_grant("User disabled"));
    }
    if grant.issued_at < state.not_before.for_tokens_of(&client.id) {
        return Err(invalid_grant("Stale token"));
    }
    Ok(grant)
}

fn invalid_grant(description: &str) -> Answer {
    oauth_error(400, "invalid_grant", description)
}
