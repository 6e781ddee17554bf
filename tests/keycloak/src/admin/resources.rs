use portcullis_real_servers::{json, text_member};
use reqwest::Method;
use serde_json::json;

use super::{RealmAdmin, User};
use crate::SuiteError;

impl RealmAdmin {
    /// Gives a user a resource of his own at a resource server, which he may share; its id.
    ///
    /// # Errors
    /// When there is no such resource server or Keycloak refuses it.
    pub async fn create_resource(
        &self,
        resource_server: &str,
        owner: &User,
        name: &str,
        scopes: &[&str],
    ) -> Result<String, SuiteError> {
        let uuid = self.client_uuid(resource_server).await?;
        let scopes: Vec<_> = scopes.iter().map(|name| json!({ "name": name })).collect();
        let resource = json!({
            "name": name,
            "owner": { "id": owner.id },
            "ownerManagedAccess": true,
            "scopes": scopes,
        });
        let path = format!("/clients/{uuid}/authz/resource-server/resource");
        let response = self.call(Method::POST, &path, Some(&resource)).await?;
        text_member(&path, &json(&path, response).await?, "_id")
    }
}
