//! Sessions: tokens that end together.

mod logout;
mod register;

use std::sync::Arc;

use serde_json::{Value, json};

pub(crate) use self::{
    logout::log_out,
    register::{SessionUse, Sessions},
};
use crate::{
    delivery::NoticeDelivery,
    merge::merge_patch,
    messages::{CREDENTIAL_CHANGE, LogoutTokenBuilder, SESSION_REVOKED, SecurityEventBuilder},
    random,
    refresh_tokens::RefreshGrant,
    server::State,
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

    /// A refresh token of this session for a client, as after a login through it: the client takes
    /// part, and can have access tokens at the token endpoint and
    /// [log out](crate::Endpoint::Logout) with it. A JWT that nobody but the server can check,
    /// with `typ: "Refresh"`; it lives half an hour.
    ///
    /// # Panics
    /// If the backend refuses to sign.
    #[must_use]
    pub fn refresh_token(&self, client: &str) -> String {
        let grant = RefreshGrant {
            client: client.to_owned(),
            session: self.id.clone(),
            subject: self.user.clone(),
            scope: "profile email".to_owned(),
            issued_at: self.state.clock.now_seconds(),
        };
        grant.issue(&self.state)
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

    /// A security event token with CAEP's `session-revoked` about this session, to be changed and
    /// minted. Its `sub_id` is complex: the user as `iss_sub`, the session as `opaque`. The event
    /// has the time of now, in seconds.
    pub fn session_revoked(&self) -> SecurityEventBuilder {
        self.security_event(SESSION_REVOKED, json!({}))
    }

    /// The same with CAEP's `credential-change`: the user has a new password.
    pub fn credential_change(&self) -> SecurityEventBuilder {
        let event = json!({"credential_type": "password", "change_type": "update"});
        self.security_event(CREDENTIAL_CHANGE, event)
    }

    /// Logs the user out, in Keycloak's order: each client that takes part in the session and has
    /// a [back-channel logout URL](crate::Client::backchannel_logout) is sent a logout token, one
    /// after another in the order they came, five seconds each at the most, and never again
    /// whatever it answers; only then the session ends. Until then its tokens are active.
    ///
    /// Returns what became of each notice. A session that has ended sends none. If the future is
    /// dropped before, the session goes on.
    ///
    /// ```
    /// use portcullis_testing::{AuthorizationServer, Client};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// // The receiver under test; here nobody listens, and the logout goes its way all the same.
    /// let receiver = "http://127.0.0.1:9/backchannel-logout";
    /// let server = AuthorizationServer::start().await?;
    /// server.add_client(Client::public("shop").backchannel_logout(receiver));
    /// let alice = server.login("alice");
    /// let token = alice.token().client("shop").jwt();
    ///
    /// let deliveries = alice.log_out().await;
    /// assert_eq!(deliveries[0].client, "shop");
    /// assert_eq!(deliveries[0].status(), None);
    /// assert_eq!(server.introspect(&token)["active"], false);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn log_out(&self) -> Vec<NoticeDelivery> {
        log_out(&self.state, &self.id).await
    }

    /// Ends it in silence, as a server does when it is not asked to tell anybody.
    pub fn end(&self) {
        self.state.sessions.end(&self.id);
    }

    fn security_event(&self, event_type: &str, mut event: Value) -> SecurityEventBuilder {
        let now = self.state.clock.now_seconds();
        merge_patch(&mut event, &json!({"event_timestamp": now}));
        SecurityEventBuilder::about_session(
            Arc::clone(&self.state),
            &self.id,
            &self.user,
            event_type,
            event,
        )
    }
}
