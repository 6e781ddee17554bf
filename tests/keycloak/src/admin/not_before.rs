//! Cut-offs: tokens that were issued before one are inactive.

use portcullis_real_servers::json;
use reqwest::Method;
use serde_json::{Value, json};

use super::RealmAdmin;
use crate::SuiteError;

/// Which admin URLs Keycloak could tell something. Both are empty where no client has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Those that answered with a success.
    pub succeeded: Vec<String>,
    /// Those that did not.
    pub failed: Vec<String>,
}

impl RealmAdmin {
    /// Sets the realm's cut-off, in seconds after the Unix epoch; 0 for none. Nobody is told.
    ///
    /// # Errors
    /// When Keycloak refuses it.
    pub async fn set_not_before(&self, seconds: u64) -> Result<(), SuiteError> {
        self.patch_realm(&json!({ "notBefore": seconds })).await
    }

    /// The same for the tokens of one client.
    ///
    /// # Errors
    /// When there is no such client or Keycloak refuses it.
    pub async fn set_client_not_before(
        &self,
        client_id: &str,
        seconds: u64,
    ) -> Result<(), SuiteError> {
        self.patch_client(client_id, &json!({ "notBefore": seconds }))
            .await
    }

    /// Tells the realm's cut-off to every client with an admin URL (`k_push_not_before`).
    ///
    /// # Errors
    /// When Keycloak refuses it.
    pub async fn push_not_before(&self) -> Result<Delivery, SuiteError> {
        self.push("/push-revocation").await
    }

    /// Tells a client its own cut-off.
    ///
    /// # Errors
    /// When there is no such client or Keycloak refuses it.
    pub async fn push_client_not_before(&self, client_id: &str) -> Result<Delivery, SuiteError> {
        let client = self.client_uuid(client_id).await?;
        self.push(&format!("/clients/{client}/push-revocation"))
            .await
    }

    pub(super) async fn push(&self, path: &str) -> Result<Delivery, SuiteError> {
        let response = self.call(Method::POST, path, None).await?;
        let answer = json(path, response).await?;
        Ok(Delivery {
            succeeded: texts(&answer, "successRequests"),
            failed: texts(&answer, "failedRequests"),
        })
    }
}

fn texts(answer: &Value, member: &str) -> Vec<String> {
    let texts = answer.get(member).and_then(Value::as_array);
    texts
        .into_iter()
        .flatten()
        .filter_map(|text| text.as_str().map(str::to_owned))
        .collect()
}
