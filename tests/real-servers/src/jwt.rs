//! What stands in a token, unverified: tests look into what a server made.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

/// The header of a JWT, `null` if it is none.
#[must_use]
pub fn header_of(token: &str) -> Value {
    part(token, 0)
}

/// The claims of a JWT, `null` if it is none.
#[must_use]
pub fn payload_of(token: &str) -> Value {
    part(token, 1)
}

fn part(token: &str, index: usize) -> Value {
    token
        .split('.')
        .nth(index)
        .and_then(|part| URL_SAFE_NO_PAD.decode(part).ok())
        .and_then(|json| serde_json::from_slice(&json).ok())
        .unwrap_or_default()
}
