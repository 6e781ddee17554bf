//! The permission endpoint, UMA 2.0 Federated Authorization section 4, in Keycloak's words.

use serde_json::{Value, json};

use super::{bearer_claims, not_stored, oauth_error};
use crate::{
    answer::Answer,
    permissions::{PermissionRequest, UnknownPermission},
    record::RecordedRequest,
    server::State,
    token::service_account,
};

pub(crate) fn answer(state: &State, request: &RecordedRequest) -> Answer {
    if !bears_protection_token(state, request) {
        return oauth_error(401, "invalid_token", "Invalid bearer token.");
    }
    let Some(requests) = read(&request.body) else {
        return oauth_error(400, "invalid_request", "Invalid permission request.");
    };
    match state.permissions.issue_ticket(requests) {
        Ok(ticket) => not_stored(Answer::json(&json!({ "ticket": ticket }))).status(201),
        Err(UnknownPermission::Resource) => oauth_error(
            400,
            "invalid_resource_id",
            "Resource set with id does not exist in this server.",
        ),
        Err(UnknownPermission::Scope) => oauth_error(400, "invalid_scope", "Scope is invalid"),
    }
}

/// Whether a client asks, by a token of its own.
fn bears_protection_token(state: &State, request: &RecordedRequest) -> bool {
    let Some(claims) = bearer_claims(state, request) else {
        return false;
    };
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let client = text("azp").unwrap_or_default();
    state.clients.lock().contains_key(client)
        && text("sub") == Some(service_account(client).as_str())
}

/// One permission or several; `None` if they are neither.
fn read(body: &[u8]) -> Option<Vec<PermissionRequest>> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let elements = match &body {
        Value::Array(elements) if !elements.is_empty() => elements.as_slice(),
        Value::Object(_) => std::slice::from_ref(&body),
        _ => return None,
    };
    let request = |element: &Value| {
        let scopes = match element.get("resource_scopes") {
            None => Vec::new(),
            Some(scopes) => scopes.as_array()?.clone(),
        };
        let scopes = scopes.iter().map(|scope| scope.as_str().map(str::to_owned));
        Some(PermissionRequest {
            resource: element.get("resource_id")?.as_str()?.to_owned(),
            scopes: scopes.collect::<Option<_>>()?,
        })
    };
    elements.iter().map(request).collect()
}
