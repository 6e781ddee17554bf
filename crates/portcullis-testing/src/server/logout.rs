//! What a test does about logouts, and to those who are told of them.

use std::sync::Arc;

use super::AuthorizationServer;
use crate::{
    delivery::{NoticeDelivery, ReceiverAnswer},
    error::DeliveryError,
    gate::{Gate, HoldPoint},
    messages::LogoutTokenBuilder,
    sessions::log_out,
    wire,
};

impl AuthorizationServer {
    /// A logout token, to be changed and minted: about a session of its own of the user `alice`,
    /// for the client `test-app`. Those about a session come from
    /// [`Session::logout_token`](crate::Session::logout_token).
    pub fn logout_token(&self) -> LogoutTokenBuilder {
        LogoutTokenBuilder::new(Arc::clone(&self.state))
    }

    /// Sends a logout token, good or not, to a receiver: once, within five seconds.
    ///
    /// # Errors
    /// If no answer comes. An answer of any status is one.
    pub async fn push_logout_token(
        &self,
        url: &str,
        token: &str,
    ) -> Result<ReceiverAnswer, DeliveryError> {
        wire::post_logout_token(url, token).await
    }

    /// Logs the user of a session out, as [`Session::log_out`](crate::Session::log_out) does.
    pub async fn log_out(&self, sid: &str) -> Vec<NoticeDelivery> {
        log_out(&self.state, sid).await
    }

    /// Holds every logout between its last notice and the end of its session, until the gate is
    /// released or dropped. Meanwhile the session lives, and introspection says so.
    #[must_use = "a dropped gate holds nothing"]
    pub fn hold_session_end(&self) -> Gate {
        self.state.sessions.end_gates.hold(HoldPoint::BeforeAnswer)
    }

    /// Gives the server a defect of Keycloak 26.7 (keycloak#51127): a session comes back to life
    /// if an introspection or a refresh that found it alive is still under way when its logout
    /// ends it. It is as if there had been no logout, until the next one or
    /// [`end_session`](Self::end_session). Off unless called.
    ///
    /// Requests that are answered before the end do no harm, and neither do later ones. To have
    /// one under way, [`hold`](Self::hold) it at [`HoldPoint::AfterAnswer`].
    pub fn set_sessions_revivable(&self, revivable: bool) {
        self.state.sessions.set_revivable(revivable);
    }

    /// How many sessions have come back to life, see
    /// [`set_sessions_revivable`](Self::set_sessions_revivable).
    #[must_use]
    pub fn revived_session_count(&self) -> usize {
        self.state.sessions.revived_count()
    }
}
