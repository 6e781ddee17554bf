//! What a test does to tokens, sessions and users.

use std::sync::Arc;

use serde_json::{Value, json};

use super::AuthorizationServer;
use crate::{
    endpoints::token_status, keys::SigningKey, messages::DpopProofBuilder, sessions::Session,
    token::TokenBuilder,
};

impl AuthorizationServer {
    /// A good access token, to be changed and minted. Its session is one of its own.
    pub fn token(&self) -> TokenBuilder {
        TokenBuilder::new(Arc::clone(&self.state))
    }

    /// Logs a user in: a new session, whose tokens have `user` as `sub`.
    #[must_use]
    pub fn login(&self, user: impl Into<String>) -> Session {
        Session::new(Arc::clone(&self.state), user.into())
    }

    /// A good proof that a request by this method for this address comes from whoever holds the
    /// key, to be changed and signed.
    pub fn dpop_proof(&self, key: &SigningKey, method: &str, url: &str) -> DpopProofBuilder {
        DpopProofBuilder::new(Arc::clone(&self.state), key, method, url)
    }

    /// Ends a session, the logout of its user: its tokens are inactive.
    pub fn end_session(&self, sid: &str) {
        self.state.sessions.end(sid);
    }

    /// Revokes one token; others of its session live on. Whether the server knew it.
    pub fn revoke(&self, token: &str) -> bool {
        self.state.tokens.lock().revoke(token)
    }

    /// Disables a user: tokens with this `sub` are inactive until the user is enabled again.
    pub fn disable_user(&self, subject: &str) {
        self.state.subjects.set_disabled(subject, true);
    }

    /// Enables a user again, and with the user the tokens.
    pub fn enable_user(&self, subject: &str) {
        self.state.subjects.set_disabled(subject, false);
    }

    /// Gives a user these realm roles and no others. Introspection of every token of the user
    /// tells them, tokens minted from now on have them unless they name their own; without
    /// roles there is no `realm_access`. What is in a JWT already, stays in it.
    pub fn set_realm_roles<R: Into<String>>(
        &self,
        subject: &str,
        roles: impl IntoIterator<Item = R>,
    ) {
        self.state
            .subjects
            .set_realm_roles(subject, roles.into_iter().map(Into::into).collect());
    }

    /// The same for the roles of one client in `resource_access`.
    pub fn set_client_roles<R: Into<String>>(
        &self,
        subject: &str,
        client: &str,
        roles: impl IntoIterator<Item = R>,
    ) {
        self.state.subjects.set_client_roles(
            subject,
            client,
            roles.into_iter().map(Into::into).collect(),
        );
    }

    /// Switches the rule that a token is inactive for a client that is not in its `aud`. See
    /// [`keycloak_style`](crate::AuthorizationServerBuilder::keycloak_style).
    pub fn set_audience_rule(&self, on: bool) {
        self.state.set_audience_rule(on);
    }

    /// Lets introspection answer this JSON for this token, be it one of the server or not. The
    /// client has to authenticate as ever.
    pub fn set_introspection_answer(&self, token: impl Into<String>, answer: Value) {
        self.state
            .preset_answers
            .lock()
            .insert(token.into(), answer);
    }

    /// Takes back [`set_introspection_answer`](Self::set_introspection_answer).
    pub fn clear_introspection_answer(&self, token: &str) {
        self.state.preset_answers.lock().remove(token);
    }

    /// What introspection would answer now, without a request and without the audience rule.
    #[must_use]
    pub fn introspect(&self, token: &str) -> Value {
        let preset = self.state.preset_answers.lock().get(token).cloned();
        let answer = preset.or_else(|| token_status(&self.state, token).map(Value::Object));
        answer.unwrap_or_else(|| json!({"active": false}))
    }
}
