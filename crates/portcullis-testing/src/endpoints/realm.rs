//! The realm document: what Keycloak says of a realm to everybody, at the path of its issuer.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;

use super::oauth_error;
use crate::{answer::Answer, keys::SigningAlgorithm, server::State};

pub(crate) fn answer(state: &State) -> Answer {
    let key = match state.keys.lock().signing_key(SigningAlgorithm::RS256) {
        Ok(key) => key,
        Err(error) => return oauth_error(500, "server_error", &error.to_string()),
    };
    let base = format!("{}{}", state.origin, state.path);
    let document = json!({
        "realm": state.path.rsplit('/').next(),
        "public_key": STANDARD.encode(key.public_key_der()),
        "token-service": format!("{base}/protocol/openid-connect"),
        "account-service": format!("{base}/account"),
        "tokens-not-before": state.not_before.realm(),
    });
    Answer::json(&document)
        .header("content-type", "application/json;charset=UTF-8")
        .header("cache-control", "no-cache")
}
