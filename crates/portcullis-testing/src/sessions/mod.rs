//! Sessions: tokens that end together.

mod logout;
mod register;

use std::sync::Arc;

pub(crate) use self::{
    logout::log_out,
    register::{SessionUse, Sessions},
};
use crate::{
    delivery::NoticeDelivery, messages::LogoutTokenBuilder, random, server::State,
    token::TokenBuilder,
};

/// A user's session. Its tokens bear its id as `sid` and are inactive once it has ended.
///
/// Made by [`AuthorizationServer::login`](crate::AuthorizationServer::login).
#[derive(Debug, Clone)]
pub struct Session {
    state: Arc<State>,
    id: String,
    user: String,
}

impl Session {
    pub(crate) fn new(state: Arc<State>, user: String) -> Self {
        let id = random::uuid();
        state.sessions.begin(&id, Some(&user));
        Self { state, id, user }
    }

    /// The `sid`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The user it belongs to, the `sub` of its tokens.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// An access token of this session, to be changed and minted.
    pub fn token(&self) -> TokenBuilder {
        TokenBuilder::new(Arc::clone(&self.state))
            .subject(&self.user)
            .claim("sid", self.id.as_str())
    }

    /// Lets a client take part in this session, as if the user had gone to it as well: it is told
    /// of the logout. So is every client whose id is the `azp` of a token of this session that
    /// the server minted, without a call of this.
    pub fn joined_by(&self, client: &str) {
        self.state.sessions.join(&self.id, client);
    }

    /// A logout token about this session, to be changed and minted, for the client `test-app`,
    /// the `azp` of tokens that name none.
    pub fn logout_token(&self) -> LogoutTokenBuilder {
        LogoutTokenBuilder::new(Arc::clone(&self.state))
            .subject(&self.user)
            .session(&self.id)
    }

    /// Logs the user out, in Keycloak's order: each client that takes part in the session and has
    /// a [back-channel logout URL](crate::Client::backchannel_logout) is sent a logout token, one
    /// after another in the order they came, five seconds each at the most, and never again
    /// whatever it answers; only then the session ends. Until then its tokens are active.
    ///
    /// Returns what became of each notice. A session that has ended sends none. If the future is
    /// dropped before, the session goes on.
    pub async fn log_out(&self) -> Vec<NoticeDelivery> {
        log_out(&self.state, &self.id).await
    }

    /// Ends it in silence, as a server does when it is not asked to tell anybody.
    pub fn end(&self) {
        self.state.sessions.end(&self.id);
    }
}
