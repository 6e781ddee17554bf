//! Token introspection, RFC 7662, as strict as Keycloak is.

use serde_json::{Map, Value, json};

use super::{Form, client_authentication::authenticate, not_stored, oauth_error};
use crate::{
    answer::Answer, clients::Client, merge::merge_patch, record::RecordedRequest, server::State,
    token::IssuedToken,
};

const KNOWN_HINTS: [&str; 3] = ["access_token", "refresh_token", "requesting_party_token"];

pub(crate) fn answer(state: &State, request: &RecordedRequest) -> Answer {
    let outcome = Form::read(request).and_then(|form| {
        let client = authenticate(state, request, &form)?;
        introspect(state, &client, &form)
    });
    outcome.unwrap_or_else(|refused| refused)
}

fn introspect(state: &State, client: &Client, form: &Form) -> Result<Answer, Answer> {
    if form
        .value("token_type_hint")
        .is_some_and(|hint| !KNOWN_HINTS.contains(&hint))
    {
        return Err(oauth_error(
            400,
            "invalid_request",
            "Unsupported token type.",
        ));
    }
    let Some(token) = form.value("token") else {
        return Err(oauth_error(400, "invalid_request", "Token not provided."));
    };
    let preset = state.preset_answers.lock().get(token).cloned();
    let body = preset.or_else(|| {
        let claims = token_status(state, token)?;
        let may_ask = !state.audience_rule() || audience_contains(&claims, &client.id);
        may_ask.then_some(Value::Object(claims))
    });
    Ok(not_stored(Answer::json(
        &body.unwrap_or_else(|| json!({"active": false})),
    )))
}

/// What introspection says about a living token; `None` if it is not active.
pub(crate) fn token_status(state: &State, token: &str) -> Option<Map<String, Value>> {
    let issued = state.tokens.lock().get(token).cloned()?;
    let text = |name: &str| issued.claims.get(name).and_then(Value::as_str);
    let subject = text("sub").unwrap_or_default();
    let ended = text("sid").is_some_and(|sid| state.sessions.has_ended(sid));
    if issued.revoked
        || ended
        || out_of_time(state, &issued.claims)
        || state.subjects.is_disabled(subject)
    {
        return None;
    }
    Some(active_answer(state, &issued, subject))
}

/// Times are checked where they are numbers; other values are told to the client as they are.
fn out_of_time(state: &State, claims: &Map<String, Value>) -> bool {
    let now = state.clock.now_seconds();
    #[expect(clippy::cast_precision_loss, reason = "seconds are far below 2^52")]
    let (now, not_before) = (now as f64, state.not_before() as f64);
    let number = |name: &str| claims.get(name).and_then(Value::as_f64);
    number("exp").is_some_and(|exp| exp <= now) || number("iat").is_some_and(|iat| iat < not_before)
}

fn active_answer(state: &State, issued: &IssuedToken, subject: &str) -> Map<String, Value> {
    let mut claims = issued.claims.clone();
    state.subjects.put_roles_of_today(subject, &mut claims);
    let client_id = claims
        .get("azp")
        .or_else(|| claims.get("client_id"))
        .cloned();
    let username = claims
        .get("preferred_username")
        .or_else(|| claims.get("sub"))
        .cloned();
    let additions = [
        ("client_id", client_id),
        ("username", username),
        ("token_type", Some(json!("Bearer"))),
        ("active", Some(json!(true))),
    ];
    for (name, value) in additions {
        if let Some(value) = value {
            claims.insert(name.to_owned(), value);
        }
    }
    let mut answer = Value::Object(claims);
    merge_patch(&mut answer, &issued.answer_patch);
    if let Value::Object(answer) = answer {
        answer
    } else {
        Map::new()
    }
}

fn audience_contains(claims: &Map<String, Value>, client: &str) -> bool {
    match claims.get("aud") {
        Some(Value::String(audience)) => audience == client,
        Some(Value::Array(audiences)) => audiences.iter().any(|audience| audience == client),
        _ => false,
    }
}
