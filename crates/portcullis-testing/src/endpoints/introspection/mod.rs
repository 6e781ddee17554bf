//! Token introspection, RFC 7662, as strict as Keycloak is.

mod negotiation;
mod signed;
mod status;

use std::sync::Arc;

use serde_json::{Map, Value, json};

pub(crate) use self::status::{token_claims, token_status};
use self::{
    negotiation::{AnswerForm, answer_form},
    signed::signed_answer,
    status::requesting_party_status,
};
use super::{
    Form, Reply,
    client_authentication::{authenticate, authenticate_bearer},
    not_stored, oauth_error,
};
use crate::{
    answer::Answer, clients::Client, record::RecordedRequest, server::State, sessions::SessionUse,
    token::TokenBuilder,
};

const KNOWN_HINTS: [&str; 3] = ["access_token", "refresh_token", "requesting_party_token"];

pub(crate) fn answer(state: &Arc<State>, request: &RecordedRequest) -> Reply {
    let mut session = None;
    let outcome = Form::read(request).and_then(|form| {
        let client = authenticate_bearer(state, request, &form)
            .unwrap_or_else(|| authenticate(state, request, &form))?;
        let token = asked_token(&form)?;
        let mut answer = introspect(state, &client, token, form.value("token_type_hint"));
        session = session_in_use(state, token, &answer);
        match answer_form(state, &client, request) {
            AnswerForm::Json => Ok(Answer::json(&answer)),
            AnswerForm::JsonWithToken => {
                add_token(state, &client, token, &mut answer);
                Ok(Answer::json(&answer))
            }
            AnswerForm::Signed(algorithm) => signed_answer(state, &client, algorithm, &answer)
                .map_err(|error| oauth_error(500, "server_error", &error.to_string())),
        }
    });
    Reply {
        answer: outcome.map_or_else(|refused| refused, not_stored),
        session,
    }
}

fn asked_token(form: &Form) -> Result<&str, Answer> {
    let hint = form.value("token_type_hint");
    if hint.is_some_and(|hint| !KNOWN_HINTS.contains(&hint)) {
        return Err(oauth_error(
            400,
            "invalid_request",
            "Unsupported token type.",
        ));
    }
    form.value("token")
        .ok_or_else(|| oauth_error(400, "invalid_request", "Token not provided."))
}

fn introspect(state: &State, client: &Client, token: &str, hint: Option<&str>) -> Value {
    let preset = state.preset_answers.lock().get(token).cloned();
    let answer = preset.or_else(|| {
        let claims = token_status(state, token)?;
        let may_ask = !state.audience_rule() || audience_contains(&claims, &client.id);
        let mut claims = claims;
        if hint == Some("requesting_party_token") {
            claims = requesting_party_status(&claims);
        } else {
            // Told to nobody who does not ask for it.
            claims.remove("authorization");
        }
        may_ask.then_some(Value::Object(claims))
    });
    answer.unwrap_or_else(|| json!({"active": false}))
}

/// The session of a token that was found active.
fn session_in_use(state: &Arc<State>, token: &str, answer: &Value) -> Option<SessionUse> {
    if answer.get("active") != Some(&json!(true)) {
        return None;
    }
    let session = token_claims(state, token)?.remove("sid")?;
    SessionUse::begin(state, session.as_str()?)
}

/// The token with all its claims, as Keycloak adds it to an active answer.
fn add_token(state: &Arc<State>, client: &Client, token: &str, answer: &mut Value) {
    if answer.get("active") != Some(&json!(true)) {
        return;
    }
    let (Some(members), Some(claims)) = (answer.as_object_mut(), token_claims(state, token)) else {
        return;
    };
    let whole = TokenBuilder::new(Arc::clone(state))
        .only_claims(Value::Object(claims))
        .algorithm(client.algorithm);
    members.insert("jwt".to_owned(), json!(whole.jwt()));
}

fn audience_contains(claims: &Map<String, Value>, client: &str) -> bool {
    match claims.get("aud") {
        Some(Value::String(audience)) => audience == client,
        Some(Value::Array(audiences)) => audiences.iter().any(|audience| audience == client),
        _ => false,
    }
}
