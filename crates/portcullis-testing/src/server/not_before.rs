//! What a test does about cut-offs, and to those who are told of them.

use std::{sync::Arc, time::SystemTime};

use super::AuthorizationServer;
use crate::{
    clock::unix_seconds, delivery::ReceiverAnswer, error::DeliveryError,
    messages::AdminMessageBuilder, wire,
};

impl AuthorizationServer {
    /// Makes all tokens inactive whose `iat` is before this second, which may lie ahead; the epoch
    /// lifts it. The [realm document](crate::Endpoint::Realm) tells it.
    pub fn set_not_before(&self, time: SystemTime) {
        self.state.not_before.set_realm(unix_seconds(time));
    }

    /// The same for the tokens of one client, those with this `azp`. No document tells it.
    pub fn set_client_not_before(&self, client: &str, time: SystemTime) {
        let seconds = unix_seconds(time);
        self.state.not_before.set_client(client, seconds);
    }

    /// Ends all sessions, as Keycloak's `logout-all` of a realm: in silence, and the cut-off of
    /// [`set_not_before`](Self::set_not_before) is now. Lifting it brings no session back.
    pub fn log_out_all(&self) {
        let now = self.state.clock.now_seconds();
        self.state.not_before.set_realm(now);
        self.state.sessions.end_all();
    }

    /// Keycloak's message about a cut-off to the client `resource`, to be changed and minted. It
    /// tells the cut-off of this client, and that of the realm if the client has none: nothing in
    /// it says which.
    pub fn not_before_message(&self, resource: &str) -> AdminMessageBuilder {
        AdminMessageBuilder::new(Arc::clone(&self.state), "PUSH_NOT_BEFORE", resource)
    }

    /// Keycloak's order to the client `resource` to end all its sessions, to be changed and
    /// minted, with the same cut-off.
    pub fn logout_message(&self, resource: &str) -> AdminMessageBuilder {
        AdminMessageBuilder::new(Arc::clone(&self.state), "LOGOUT", resource)
    }

    /// Sends [`not_before_message`](Self::not_before_message) to `/k_push_not_before` below the
    /// admin URL of the client: once, within five seconds.
    ///
    /// # Errors
    /// If no answer comes. An answer of any status is one.
    pub async fn push_not_before(
        &self,
        admin_url: &str,
        resource: &str,
    ) -> Result<ReceiverAnswer, DeliveryError> {
        let message = self.not_before_message(resource).jwt();
        wire::post_admin_message(admin_url, "k_push_not_before", &message).await
    }

    /// Sends [`logout_message`](Self::logout_message) to `/k_logout` below the admin URL of the
    /// client: once, within five seconds.
    ///
    /// # Errors
    /// If no answer comes. An answer of any status is one.
    pub async fn push_logout(
        &self,
        admin_url: &str,
        resource: &str,
    ) -> Result<ReceiverAnswer, DeliveryError> {
        let message = self.logout_message(resource).jwt();
        wire::post_admin_message(admin_url, "k_logout", &message).await
    }
}
