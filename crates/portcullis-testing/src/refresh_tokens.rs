//! Refresh tokens: what they look like, and what they stand for.

use std::{collections::HashMap, fmt};

use serde_json::json;

use crate::{
    error::KeyError,
    jwt::JwtDraft,
    keys::{SigningAlgorithm, SigningKey},
    lock::Lock,
    random,
    server::State,
};

/// Seconds that a refresh token lives.
pub(crate) const LIFETIME: u64 = 1800;

/// What a client may have again and again: access tokens of this session.
#[derive(Debug, Clone)]
pub(crate) struct RefreshGrant {
    pub(crate) client: String,
    pub(crate) session: String,
    pub(crate) subject: String,
    pub(crate) scope: String,
    /// As JWT claims count seconds.
    pub(crate) issued_at: u64,
}

impl RefreshGrant {
    /// Makes the client part of the session, and a refresh token for it: as Keycloak's, a JWT
    /// under a secret of the server.
    pub(crate) fn issue(self, state: &State) -> String {
        state.sessions.begin(&self.session, Some(&self.subject));
        state.sessions.join(&self.session, &self.client);
        let claims = json!({
            "exp": self.expires_at(),
            "iat": self.issued_at,
            "jti": random::uuid(),
            "iss": state.issuer,
            "aud": state.issuer,
            "sub": self.subject,
            "typ": "Refresh",
            "azp": self.client,
            "sid": self.session,
            "scope": self.scope,
        });
        let mut draft = JwtDraft::new("JWT", claims);
        draft.set_key(&secret(state));
        let token = draft.sign(&state.keys).text;
        state.refresh_tokens.0.lock().insert(token.clone(), self);
        token
    }

    pub(crate) const fn expires_at(&self) -> u64 {
        self.issued_at.saturating_add(LIFETIME)
    }
}

fn secret(state: &State) -> SigningKey {
    KeyError::or_panic(state.keys.lock().secret_key(SigningAlgorithm::HS512))
}

/// The refresh tokens this server has issued.
#[derive(Default)]
pub(crate) struct RefreshTokens(Lock<HashMap<String, RefreshGrant>>);

impl RefreshTokens {
    pub(crate) fn grant(&self, token: &str) -> Option<RefreshGrant> {
        self.0.lock().get(token).cloned()
    }
}

impl fmt::Debug for RefreshTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let grants = self.0.lock();
        f.debug_list().entries(grants.values()).finish()
    }
}
