//! What a resource server does with its protection API.

use portcullis_real_servers::expect_success;
use serde_json::json;

use super::{Client, Realm};
use crate::{SuiteError, User};

impl Realm {
    /// Shares one scope of a user's resource with another user, as its owner would.
    ///
    /// # Errors
    /// When Keycloak refuses it.
    pub async fn share(
        &self,
        resource_server: Client<'_>,
        resource_id: &str,
        with: &User,
        scope: &str,
    ) -> Result<(), SuiteError> {
        let doing = "sharing a resource";
        let own = self.client_credentials(resource_server).await?.access;
        let ticket = json!({
            "resource": resource_id,
            "requester": with.id,
            "scopeName": scope,
            "granted": true,
        });
        let url = format!("{}/authz/protection/permission/ticket", self.issuer);
        let request = self.http.post(url).bearer_auth(own).json(&ticket);
        let response = request.send().await.map_err(SuiteError::http(doing))?;
        expect_success(doing, response).await.map(drop)
    }
}
