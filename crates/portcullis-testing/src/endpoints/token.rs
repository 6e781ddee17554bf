//! The token endpoint, RFC 6749: the client credentials grant.

use std::sync::Arc;

use serde_json::json;

use super::{Form, client_authentication::authenticate, not_stored, oauth_error};
use crate::{
    answer::Answer, clients::TokenFormat, record::RecordedRequest, server::State,
    token::TokenBuilder,
};

pub(crate) fn answer(state: &Arc<State>, request: &RecordedRequest) -> Answer {
    let outcome = Form::read(request).and_then(|form| {
        let client = authenticate(state, request, &form)?;
        if form.value("grant_type") != Some("client_credentials") {
            return Err(oauth_error(
                400,
                "unsupported_grant_type",
                "Unsupported grant_type",
            ));
        }
        let builder = TokenBuilder::for_client(Arc::clone(state), &client, form.value("scope"));
        let token = match client.token_format {
            TokenFormat::Jwt => builder.jwt(),
            TokenFormat::Opaque => builder.opaque(),
            TokenFormat::Lightweight => builder.lightweight(),
        };
        Ok(not_stored(Answer::json(&json!({
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": client.token_lifetime.as_secs(),
            "scope": form.value("scope").unwrap_or(&client.scope),
        }))))
    });
    outcome.unwrap_or_else(|refused| refused)
}
