//! The grant of UMA 2.0, for a ticket or for permissions that are named, as Keycloak has it.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::{Value, json};

use super::super::{Form, bearer_claims, not_stored, oauth_error};
use crate::{
    answer::Answer,
    permissions::{PermissionRequest, UnknownPermission},
    record::RecordedRequest,
    server::State,
    token::TokenBuilder,
};

pub(super) const GRANT: &str = "urn:ietf:params:oauth:grant-type:uma-ticket";

/// A requesting party token for the bearer of an access token; by `response_mode` the permissions that
/// would be in it, or whether there would be one.
pub(super) fn grant(
    state: &Arc<State>,
    request: &RecordedRequest,
    form: &Form,
) -> Result<Answer, Answer> {
    let claims = bearer_claims(state, request)
        .ok_or_else(|| oauth_error(400, "invalid_grant", "Invalid bearer token"))?;
    let subject = claims
        .get("sub")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let requests = requests(state, form)?;
    let permissions = state.permissions.evaluate(subject, &requests);
    let permissions = permissions.map_err(|unknown| match unknown {
        UnknownPermission::Resource => {
            oauth_error(400, "invalid_resource", "Resource with id does not exist.")
        }
        UnknownPermission::Scope => {
            oauth_error(400, "invalid_scope", "One of the given scopes is invalid")
        }
    })?;
    if permissions.is_empty() {
        return Err(oauth_error(403, "access_denied", "not_authorized"));
    }
    match form.value("response_mode") {
        None => {}
        Some("decision") => return Ok(not_stored(Answer::json(&json!({ "result": true })))),
        Some("permissions") => return Ok(not_stored(Answer::json(&json!(permissions)))),
        Some(_) => return Err(oauth_error(400, "invalid_request", "Invalid response_mode")),
    }
    let audience = form.value("audience").unwrap_or(&state.audience);
    let token = TokenBuilder::new(Arc::clone(state))
        .only_claims(Value::Object(claims.clone()))
        .audience(audience)
        .claim("authorization", json!({ "permissions": permissions }));
    let members = json!({
        "upgraded": false,
        "access_token": token.jwt(),
        "token_type": "Bearer",
    });
    Ok(not_stored(Answer::json(&members)))
}

/// What is asked for: what the ticket was issued for, or what is named, or everything at an audience.
fn requests(state: &State, form: &Form) -> Result<Vec<PermissionRequest>, Answer> {
    if let Some(ticket) = form.value("ticket") {
        let requests = state.permissions.take_ticket(ticket);
        return requests.ok_or_else(|| oauth_error(400, "invalid_ticket", "Ticket is invalid"));
    }
    let audience = form.value("audience").unwrap_or_default();
    if !state.clients.lock().contains_key(audience) {
        return Err(oauth_error(
            400,
            "invalid_client",
            "Could not find or not enabled client",
        ));
    }
    let Some(permission) = form.value("permission") else {
        return Ok(Vec::new());
    };
    let mut parts = permission.split('#');
    let resource = parts.next().unwrap_or_default().to_owned();
    let scopes = parts.next().unwrap_or_default().split(',');
    let scopes: BTreeSet<_> = scopes
        .filter(|scope| !scope.is_empty())
        .map(str::to_owned)
        .collect();
    Ok(vec![PermissionRequest { resource, scopes }])
}
