use serde_json::json;

use super::RealmAdmin;
use crate::SuiteError;

impl RealmAdmin {
    /// Adds an RSA key that signs from now on, if no key has a higher priority (the first ones
    /// have 100). Answers the id of the component, for [`remove_component`](Self::remove_component).
    ///
    /// # Errors
    /// When Keycloak refuses it.
    pub async fn add_rsa_key(&self, name: &str, priority: u32) -> Result<String, SuiteError> {
        let realm = self.get("").await?;
        let component = json!({
            "name": name,
            "providerId": "rsa-generated",
            "providerType": "org.keycloak.keys.KeyProvider",
            "parentId": realm.get("id"),
            "config": {
                "priority": [priority.to_string()],
                "enabled": ["true"],
                "active": ["true"],
                "keySize": ["2048"],
                "algorithm": ["RS256"],
            },
        });
        self.create("/components", &component).await
    }

    /// Removes a component, for example a key: what it signed can no longer be checked.
    ///
    /// # Errors
    /// When Keycloak refuses it.
    pub async fn remove_component(&self, id: &str) -> Result<(), SuiteError> {
        self.delete(&format!("/components/{id}")).await
    }
}
