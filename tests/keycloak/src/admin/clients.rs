use portcullis_real_servers::text_member;
use serde_json::{Value, json};

use super::RealmAdmin;
use crate::SuiteError;

impl RealmAdmin {
    /// Creates a client from its representation.
    ///
    /// # Errors
    /// When Keycloak refuses it.
    pub async fn create_client(&self, representation: &Value) -> Result<(), SuiteError> {
        self.create("/clients", representation).await.map(drop)
    }

    /// Sets one attribute of a client, or removes it with an empty value.
    ///
    /// # Errors
    /// When there is no such client or Keycloak refuses it.
    pub async fn set_client_attribute(
        &self,
        client_id: &str,
        name: &str,
        value: &str,
    ) -> Result<(), SuiteError> {
        self.patch_client(client_id, &json!({ "attributes": { name: value } }))
            .await
    }

    /// Changes the members of a client that `changes` has; what it leaves out stays.
    ///
    /// # Errors
    /// When there is no such client or Keycloak refuses it.
    pub async fn patch_client(&self, client_id: &str, changes: &Value) -> Result<(), SuiteError> {
        let uuid = self.client_uuid(client_id).await?;
        let mut client = self.get(&format!("/clients/{uuid}")).await?;
        merge(&mut client, changes);
        self.put(&format!("/clients/{uuid}"), &client).await
    }

    /// Where a client is told that a session it took part in ends (OIDC Back-Channel Logout 1.0).
    ///
    /// # Errors
    /// When there is no such client or Keycloak refuses it.
    pub async fn set_backchannel_logout_url(
        &self,
        client_id: &str,
        url: &str,
    ) -> Result<(), SuiteError> {
        self.set_client_attribute(client_id, "backchannel.logout.url", url)
            .await
    }

    /// Where a client is told of cut-offs: Keycloak posts to `URL/k_push_not_before` and
    /// `URL/k_logout`.
    ///
    /// # Errors
    /// When there is no such client or Keycloak refuses it.
    pub async fn set_admin_url(&self, client_id: &str, url: &str) -> Result<(), SuiteError> {
        self.patch_client(client_id, &json!({ "adminUrl": url }))
            .await
    }

    /// Deletes a client.
    ///
    /// # Errors
    /// When there is no such client or Keycloak refuses it.
    pub async fn delete_client(&self, client_id: &str) -> Result<(), SuiteError> {
        let uuid = self.client_uuid(client_id).await?;
        self.delete(&format!("/clients/{uuid}")).await
    }

    /// Creates a role of a client.
    ///
    /// # Errors
    /// When there is no such client or Keycloak refuses it.
    pub async fn create_client_role(&self, client_id: &str, role: &str) -> Result<(), SuiteError> {
        let uuid = self.client_uuid(client_id).await?;
        let path = format!("/clients/{uuid}/roles");
        self.post(&path, &json!({ "name": role })).await
    }

    pub(super) async fn client_uuid(&self, client_id: &str) -> Result<String, SuiteError> {
        let found = self.get(&format!("/clients?clientId={client_id}")).await?;
        let client = found.get(0).cloned().unwrap_or_default();
        text_member(&format!("looking up the client {client_id}"), &client, "id")
    }
}

fn merge(target: &mut Value, changes: &Value) {
    match (target, changes) {
        (Value::Object(target), Value::Object(changes)) => {
            for (name, change) in changes {
                merge(target.entry(name.clone()).or_insert(Value::Null), change);
            }
        }
        (target, changes) => *target = changes.clone(),
    }
}
