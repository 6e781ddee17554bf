//! Shared Signals: security events that Keycloak transmits (SSF 1.0, experimental in 26.7).

use serde_json::json;

use super::RealmAdmin;
use crate::{Client, SuiteError};

impl RealmAdmin {
    /// Makes the realm a transmitter.
    ///
    /// # Errors
    /// When Keycloak refuses it.
    pub async fn enable_signals(&self) -> Result<(), SuiteError> {
        let attributes = json!({ "ssf.transmitterEnabled": "true" });
        self.patch_realm(&json!({ "attributes": attributes })).await
    }

    /// Creates a client that may have a stream of events: about every user with `default_subjects`
    /// `ALL`, with `NONE` about those it [asks for](crate::Realm::add_subject). Events are pushed to
    /// it at addresses that begin with `push_urls`.
    ///
    /// # Errors
    /// When Keycloak refuses it.
    pub async fn create_signal_receiver(
        &self,
        client: Client<'_>,
        default_subjects: &str,
        push_urls: &str,
    ) -> Result<(), SuiteError> {
        self.create_client(&json!({
            "clientId": client.id,
            "secret": client.secret,
            "publicClient": false,
            "standardFlowEnabled": false,
            "serviceAccountsEnabled": true,
            "optionalClientScopes": ["ssf.manage", "ssf.read"],
            "attributes": {
                "ssf.enabled": "true",
                "ssf.defaultSubjects": default_subjects,
                "ssf.validPushUrls": format!("{push_urls}*"),
            },
        }))
        .await
    }
}
