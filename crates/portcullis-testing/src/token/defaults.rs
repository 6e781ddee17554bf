//! What a token says when the test does not care: what Keycloak's tokens say.

use std::sync::Arc;

use serde_json::{Value, json};

use super::builder::TokenBuilder;
use crate::{clients::Client, random, server::State};

/// The user of a token that names none.
pub(crate) const DEFAULT_USER: &str = "alice";

/// The client of a token that names none.
pub(crate) const DEFAULT_CLIENT: &str = "test-app";

/// Seconds from `iat` to `exp`.
const DEFAULT_LIFETIME: u64 = 300;

/// What is left in a lightweight access token.
pub(super) const LIGHTWEIGHT_CLAIMS: [&str; 8] =
    ["exp", "iat", "jti", "iss", "typ", "azp", "sid", "scope"];

/// The claims of a user's access token that begins to live now.
pub(super) fn user_claims(state: &State) -> Value {
    let now = state.clock.now_seconds();
    json!({
        "exp": now.saturating_add(DEFAULT_LIFETIME),
        "iat": now,
        "jti": format!("onrtro:{}", random::uuid()),
        "iss": state.issuer,
        "aud": state.audience,
        "sub": DEFAULT_USER,
        "typ": "Bearer",
        "azp": DEFAULT_CLIENT,
        "sid": random::uuid(),
        "acr": "1",
        "realm_access": {"roles": ["user"]},
        "resource_access": {"account": {"roles": ["view-profile"]}},
        "scope": "profile email",
        "preferred_username": DEFAULT_USER,
    })
}

/// The user that a client is when it speaks for itself.
pub(crate) fn service_account(client: &str) -> String {
    format!("service-account-{client}")
}

impl TokenBuilder {
    /// A token of the client credentials grant: the client's own, of no session.
    pub(crate) fn for_client(state: Arc<State>, client: &Client, scope: &str) -> Self {
        Self::for_user(state, client, &service_account(&client.id), scope)
            .claim("client_id", client.id.as_str())
            .without_claim("sid")
    }

    /// A token of this user for this client.
    pub(crate) fn for_user(state: Arc<State>, client: &Client, user: &str, scope: &str) -> Self {
        let builder = Self::new(state)
            .subject(user)
            .client(&client.id)
            .expires_in(client.token_lifetime)
            .scope(scope)
            .algorithm(client.algorithm);
        match &client.audience {
            Some(audience) => builder.claim("aud", audience.as_slice()),
            None => builder,
        }
    }
}
