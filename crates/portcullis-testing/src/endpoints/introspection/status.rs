//! Whether a token lives, and what is said about it if it does.

use serde_json::{Map, Value, json};

use crate::{merge::merge_patch, server::State, token::IssuedToken};

/// What introspection says about a living token; `None` if it is not active.
pub(crate) fn token_status(state: &State, token: &str) -> Option<Map<String, Value>> {
    living(state, token).map(|issued| active_answer(state, &issued))
}

/// All claims of a living token, lightweight and opaque ones included; `None` if it is not active.
pub(crate) fn token_claims(state: &State, token: &str) -> Option<Map<String, Value>> {
    living(state, token).map(|issued| claims_of_today(state, &issued))
}

/// What Keycloak says of a living token that is asked about as a requesting party token: what it permits,
/// and neither whose it is nor what roles there are.
pub(crate) fn requesting_party_status(answer: &Map<String, Value>) -> Map<String, Value> {
    const KEPT: [&str; 6] = ["active", "exp", "iat", "nbf", "jti", "aud"];
    let kept = answer
        .iter()
        .filter(|(name, _)| KEPT.contains(&name.as_str()));
    let mut status: Map<String, Value> = kept
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    // What a test has put there itself stays as it is.
    if let Some(permissions) = answer.get("permissions") {
        status.insert("permissions".to_owned(), permissions.clone());
    } else if let Some(permissions) = answer
        .get("authorization")
        .and_then(|authorization| authorization.get("permissions")?.as_array())
    {
        let permissions: Vec<Value> = permissions.iter().map(with_standard_names).collect();
        status.insert("permissions".to_owned(), Value::Array(permissions));
    }
    status
}

fn with_standard_names(permission: &Value) -> Value {
    let mut permission = permission.clone();
    if let Some(members) = permission.as_object_mut() {
        for (own, standard) in [("rsid", "resource_id"), ("scopes", "resource_scopes")] {
            if let Some(value) = members.get(own).cloned() {
                members.insert(standard.to_owned(), value);
            }
        }
    }
    permission
}

fn living(state: &State, token: &str) -> Option<IssuedToken> {
    let issued = state.tokens.lock().get(token).cloned()?;
    let client = text(&issued, "azp").unwrap_or_default();
    let session = text(&issued, "sid");
    let ended = session.is_some_and(|sid| !state.sessions.is_living(sid, client));
    let disabled = state.subjects.is_disabled(subject(&issued));
    let not_before = state.not_before.for_tokens_of(client);
    let late = out_of_time(state, &issued.claims, not_before);
    let dead = issued.revoked || ended || disabled || late;
    (!dead).then_some(issued)
}

fn text<'a>(issued: &'a IssuedToken, name: &str) -> Option<&'a str> {
    issued.claims.get(name).and_then(Value::as_str)
}

fn subject(issued: &IssuedToken) -> &str {
    text(issued, "sub").unwrap_or_default()
}

fn claims_of_today(state: &State, issued: &IssuedToken) -> Map<String, Value> {
    let mut claims = issued.claims.clone();
    state
        .subjects
        .put_roles_of_today(subject(issued), &mut claims);
    claims
}

/// Times are checked where they are numbers; other values are told to the client as they are.
fn out_of_time(state: &State, claims: &Map<String, Value>, not_before: u64) -> bool {
    let now = state.clock.now_seconds();
    #[expect(clippy::cast_precision_loss, reason = "seconds are far below 2^52")]
    let (now, not_before) = (now as f64, not_before as f64);
    let number = |name: &str| claims.get(name).and_then(Value::as_f64);
    number("exp").is_some_and(|exp| exp <= now) || number("iat").is_some_and(|iat| iat < not_before)
}

fn active_answer(state: &State, issued: &IssuedToken) -> Map<String, Value> {
    let mut claims = claims_of_today(state, issued);
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
