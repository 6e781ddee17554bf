//! Section G: the structure and the encoding of a JWS.

mod critical;
mod header;
mod payload;
mod serialization;

use portcullis_conformance::LocalWorld;
use serde_json::{Value, json};

/// A good JOSE header with more members, as text.
fn header_with(local: &LocalWorld, members: &str) -> String {
    let kid = local.key_id();
    format!(r#"{{"alg":"RS256","typ":"JWT","kid":"{kid}"{members}}}"#)
}

/// The claims of a good token.
fn claims(local: &LocalWorld) -> Value {
    json!({
        "iss": local.server().issuer(),
        "aud": portcullis_conformance::AUDIENCE,
        "sub": "alice",
        "typ": "Bearer",
        "iat": portcullis_conformance::T0,
        "exp": portcullis_conformance::T0 + 300,
    })
}

/// The same as text, with more members.
fn claims_with(local: &LocalWorld, members: &str) -> String {
    let claims = claims(local).to_string();
    let open = claims.strip_suffix('}').unwrap_or_default();
    format!("{open}{members}}}")
}
