//! Section J: the claims of a JWT.

mod identity;
mod keycloak;
mod names;
mod time;

use portcullis_conformance::{AUDIENCE, LocalWorld, T0};
use serde_json::json;

/// A token whose payload is this text: the claims of a good token, but for `without`, then
/// `members` as they are spelled.
fn spelled(local: &LocalWorld, without: &str, members: &str) -> String {
    let mut claims = json!({
        "iss": local.server().issuer(),
        "aud": AUDIENCE,
        "sub": "alice",
        "typ": "Bearer",
        "iat": T0,
        "exp": T0 + 300,
    });
    if let Some(claims) = claims.as_object_mut() {
        claims.remove(without);
    }
    let claims = claims.to_string();
    let open = claims.strip_suffix('}').unwrap_or_default();
    let payload = format!("{open},{members}}}");
    local.server().token().raw_payload(payload).jwt()
}
