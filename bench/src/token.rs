use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

use crate::{Signer, uuid};

/// The audience of every token here.
pub const AUDIENCE: &str = "orders-api";

/// A token that says nothing to us, as long as they usually are.
pub const OPAQUE_TOKEN: &str = "an-opaque-token-of-the-usual-length-aBcDeFgHiJkLmNoPqRsTuVwXyZ";

/// The claims of a token as Keycloak makes them (RFC 9068 profile), of a session, a subject and an
/// id that no other number has. Signed with RS256 it is a token of 1.3 kB.
#[must_use]
pub fn claims(issuer: &str, number: u64, life: Life) -> String {
    let [sid, sub, jti] = [5, 9, 13].map(|million| uuid(number + million * 1_000_000_000));
    json!({
        "exp": life.exp,
        "iat": life.iat,
        "jti": format!("onrtac:{jti}"),
        "iss": issuer,
        "aud": [AUDIENCE],
        "sub": sub,
        "typ": "Bearer",
        "azp": "shop-web",
        "client_id": "shop-web",
        "sid": sid,
        "acr": "1",
        "allowed-origins": ["https://shop.example.com"],
        "realm_access": { "roles": ["customer", "offline_access"] },
        "resource_access": { AUDIENCE: { "roles": ["reader", "writer"] } },
        "scope": "openid profile email orders",
        "name": "Ada Example",
        "given_name": "Ada",
        "family_name": "Example",
        "preferred_username": "ada",
        "email": "ada@example.com",
        "email_verified": true,
    })
    .to_string()
}

/// When a token was issued and when it ends, in seconds since 1970.
#[derive(Debug, Clone, Copy)]
pub struct Life {
    /// When it was issued.
    pub iat: u64,
    /// When it ends.
    pub exp: u64,
}

impl Life {
    /// Good until 2100.
    pub const LONG: Self = Self {
        iat: 1_700_000_000,
        exp: 4_102_444_800,
    };

    /// Issued a minute ago, good for the better part of an hour: longer than any run, and no longer
    /// than an issuer's tokens live unless it is told otherwise.
    #[must_use]
    pub fn now() -> Self {
        let now = crate::milliseconds() as u64 / 1000;
        Self {
            iat: now - 60,
            exp: now + 3480,
        }
    }
}

/// The token with these claims.
///
/// # Errors
/// When it cannot be signed.
pub fn signed(signer: &Signer, claims: &str) -> Result<String, crate::Failure> {
    let header =
        json!({ "alg": signer.algorithm().name(), "typ": "at+jwt", "kid": signer.key_id() });
    let mut token = URL_SAFE_NO_PAD.encode(header.to_string());
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(claims, &mut token);
    let signature = signer.sign(token.as_bytes())?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Ok(token)
}
