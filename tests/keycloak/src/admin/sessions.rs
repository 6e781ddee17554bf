use serde_json::Value;

use super::{Delivery, RealmAdmin};
use crate::{SuiteError, User};

impl RealmAdmin {
    /// Ends all sessions of a user, one after another.
    ///
    /// # Errors
    /// When Keycloak refuses it.
    pub async fn log_out(&self, user: &User) -> Result<(), SuiteError> {
        self.post(&format!("/users/{}/logout", user.id), &Value::Null)
            .await
    }

    /// Ends all sessions of the realm at once, its cut-off becomes now, and the clients with an
    /// admin URL are told (`k_logout`).
    ///
    /// # Errors
    /// When Keycloak refuses it.
    pub async fn log_out_all(&self) -> Result<Delivery, SuiteError> {
        self.push("/logout-all").await
    }

    /// The ids of a user's sessions: the `sid` of the tokens.
    ///
    /// # Errors
    /// When Keycloak refuses it.
    pub async fn sessions(&self, user: &User) -> Result<Vec<String>, SuiteError> {
        self.session_ids(&format!("/users/{}/sessions", user.id))
            .await
    }

    /// The ids of a user's offline sessions with a client.
    ///
    /// # Errors
    /// When there is no such client or Keycloak refuses it.
    pub async fn offline_sessions(
        &self,
        user: &User,
        client_id: &str,
    ) -> Result<Vec<String>, SuiteError> {
        let client = self.client_uuid(client_id).await?;
        self.session_ids(&format!("/users/{}/offline-sessions/{client}", user.id))
            .await
    }

    /// Ends one session.
    ///
    /// # Errors
    /// When Keycloak refuses it.
    pub async fn delete_session(&self, sid: &str) -> Result<(), SuiteError> {
        self.delete(&format!("/sessions/{sid}")).await
    }

    /// Ends one offline session.
    ///
    /// # Errors
    /// When Keycloak refuses it.
    pub async fn delete_offline_session(&self, sid: &str) -> Result<(), SuiteError> {
        self.delete(&format!("/sessions/{sid}?isOffline=true"))
            .await
    }

    async fn session_ids(&self, path: &str) -> Result<Vec<String>, SuiteError> {
        let sessions = self.get(path).await?;
        let sessions = sessions.as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(sessions
            .iter()
            .filter_map(|session| Some(session.get("id")?.as_str()?.to_owned()))
            .collect())
    }
}
