//! How long tokens and sessions live, in seconds.

use serde_json::json;

use super::RealmAdmin;
use crate::SuiteError;

impl RealmAdmin {
    /// How long access tokens of the realm live.
    ///
    /// # Errors
    /// When Keycloak refuses it.
    pub async fn set_token_lifespan(&self, seconds: u32) -> Result<(), SuiteError> {
        self.patch_realm(&json!({ "accessTokenLifespan": seconds }))
            .await
    }

    /// How long sessions of the realm live without a refresh, and at most.
    ///
    /// # Errors
    /// When Keycloak refuses it.
    pub async fn set_session_lifespans(&self, idle: u32, most: u32) -> Result<(), SuiteError> {
        let lifespans = json!({ "ssoSessionIdleTimeout": idle, "ssoSessionMaxLifespan": most });
        self.patch_realm(&lifespans).await
    }

    /// How long access tokens of one client live, whatever the realm says, up to the most that a
    /// session lives.
    ///
    /// # Errors
    /// When there is no such client or Keycloak refuses it.
    pub async fn set_client_token_lifespan(
        &self,
        client_id: &str,
        seconds: u32,
    ) -> Result<(), SuiteError> {
        self.set_client_attribute(client_id, "access.token.lifespan", &seconds.to_string())
            .await
    }

    /// How long a client's part of a session lives without a refresh, and at most.
    ///
    /// # Errors
    /// When there is no such client or Keycloak refuses it.
    pub async fn set_client_session_lifespans(
        &self,
        client_id: &str,
        idle: u32,
        most: u32,
    ) -> Result<(), SuiteError> {
        let attributes = json!({
            "client.session.idle.timeout": idle.to_string(),
            "client.session.max.lifespan": most.to_string(),
        });
        self.patch_client(client_id, &json!({ "attributes": attributes }))
            .await
    }
}
