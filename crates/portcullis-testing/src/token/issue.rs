//! The end of a builder: the token.

use serde_json::{Map, Value};

use super::{builder::TokenBuilder, defaults::LIGHTWEIGHT_CLAIMS, register::IssuedToken};
use crate::random;

impl TokenBuilder {
    /// A JWT with all claims.
    ///
    /// The server knows it, and introspection calls it active as long as it lives, if it is
    /// signed with a signing key of the server over the claims of this builder. One with a raw
    /// payload or a signature of the test's own is not known, and inactive.
    ///
    /// # Panics
    /// If the backend cannot make a key or refuses to sign.
    #[must_use]
    pub fn jwt(mut self) -> String {
        self.take_roles_of_today();
        let payload = self.draft.claims.clone();
        self.sign(payload)
    }

    /// A JWT as Keycloak's lightweight access tokens: `exp`, `iat`, `jti`, `iss`, `typ`, `azp`,
    /// `sid` and `scope`, of those that the builder has, and no others; introspection tells all
    /// claims. It has an `aud` if the builder was given one, as with an audience mapper that adds
    /// it to lightweight tokens. The `jti` begins with `onltro:`.
    ///
    /// # Panics
    /// If the backend cannot make a key or refuses to sign.
    #[must_use]
    pub fn lightweight(mut self) -> String {
        self.take_roles_of_today();
        if let Some(Value::String(id)) = self.draft.claims.get_mut("jti") {
            *id = id.replacen("onrtro:", "onltro:", 1);
        }
        let mut payload = self.draft.claims.clone();
        let own_audience = self.draft.is_own("aud");
        payload.retain(|name, _| {
            LIGHTWEIGHT_CLAIMS.contains(&name.as_str()) || (own_audience && name == "aud")
        });
        self.sign(payload)
    }

    /// A random opaque token; introspection tells its claims.
    #[must_use]
    pub fn opaque(self) -> String {
        self.opaque_value(random::opaque())
    }

    /// An opaque token of this very text, for example one that looks like something else.
    #[must_use]
    pub fn opaque_value(mut self, token: impl Into<String>) -> String {
        self.take_roles_of_today();
        let token = token.into();
        self.register(token.clone());
        token
    }

    fn sign(self, payload: Map<String, Value>) -> String {
        let signed = self.draft.sign_claims(&self.state.keys, payload);
        if signed.is_genuine {
            self.register(signed.text.clone());
        }
        signed.text
    }

    fn take_roles_of_today(&mut self) {
        if ["realm_access", "resource_access"]
            .iter()
            .any(|claim| self.draft.is_own(claim))
        {
            return;
        }
        let subject = self.draft.text("sub").unwrap_or_default().to_owned();
        self.state
            .subjects
            .put_roles_of_today(&subject, &mut self.draft.claims);
    }

    /// Makes the token known, and its client part of its session.
    fn register(self, token: String) {
        if let Some(session) = self.draft.text("sid") {
            self.state.sessions.begin(session, self.draft.text("sub"));
            if let Some(client) = self.draft.text("azp") {
                self.state.sessions.join(session, client);
            }
        }
        let issued = IssuedToken {
            claims: self.draft.claims,
            answer_patch: self.answer_patch,
            revoked: false,
        };
        self.state.tokens.lock().add(token, issued);
    }
}
