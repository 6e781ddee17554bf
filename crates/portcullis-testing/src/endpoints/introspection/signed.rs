//! Signed answers, RFC 9701 section 5.

use serde_json::{Value, json};

use super::negotiation::SIGNED;
use crate::{
    answer::Answer,
    clients::Client,
    error::KeyError,
    keys::{Family, SigningAlgorithm, SigningKey},
    server::State,
};

/// The answer as a JWT for this client.
pub(crate) fn signed_answer(
    state: &State,
    client: &Client,
    algorithm: SigningAlgorithm,
    answer: &Value,
) -> Result<Answer, KeyError> {
    let claims = json!({
        "iss": state.issuer,
        "aud": client.id,
        "iat": state.clock.now_seconds(),
        "token_introspection": answer,
    });
    let mut header = json!({"alg": algorithm.name(), "typ": "token-introspection+jwt"});
    let key = if algorithm.family() == Family::Hmac {
        let secret = client.secret.as_deref().ok_or(KeyError::Generate {
            algorithm: algorithm.name(),
        })?;
        SigningKey::hmac(algorithm, secret)?
    } else {
        let key = state.keys.lock().signing_key(algorithm)?;
        if let Some(members) = header.as_object_mut() {
            members.insert("kid".to_owned(), json!(key.key_id()));
        }
        key
    };
    let jwt = key.sign_raw(header.to_string(), claims.to_string());
    Ok(Answer::new(200).header("content-type", SIGNED).body(jwt))
}
