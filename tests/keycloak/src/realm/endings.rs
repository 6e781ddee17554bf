//! What a client can do to end what it was given.

use super::{Client, Realm};
use crate::SuiteError;

impl Realm {
    /// Ends the session of a refresh token, as the user does.
    ///
    /// # Errors
    /// When Keycloak refuses it.
    pub async fn log_out(&self, client: Client<'_>, refresh: &str) -> Result<(), SuiteError> {
        self.post("/logout", client, &[("refresh_token", refresh)])
            .await
            .map(drop)
    }

    /// Revokes one token: an access token alone, or a refresh token with everything that the client
    /// was given in its session.
    ///
    /// # Errors
    /// When Keycloak refuses it.
    pub async fn revoke(&self, client: Client<'_>, token: &str) -> Result<(), SuiteError> {
        self.post("/revoke", client, &[("token", token)])
            .await
            .map(drop)
    }
}
