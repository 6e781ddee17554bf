use portcullis_real_servers::json;
use reqwest::{StatusCode, header};
use serde_json::Value;

use super::{Client, Realm};
use crate::SuiteError;

impl Realm {
    /// What Keycloak says about a token to `client`.
    ///
    /// # Errors
    /// When Keycloak refuses to say anything, for example because the secret is wrong.
    pub async fn introspect(&self, client: Client<'_>, token: &str) -> Result<Value, SuiteError> {
        let response = self
            .post("/token/introspect", client, &[("token", token)])
            .await?;
        json("introspecting", response).await
    }

    /// What Keycloak answers to an introspection request that is put together by hand: this form
    /// and this `Accept`, and no credentials but those in the form.
    ///
    /// # Errors
    /// When there is no answer, or one that is not JSON.
    pub async fn introspect_by_hand(
        &self,
        accept: &str,
        form: &[(&str, &str)],
    ) -> Result<(StatusCode, Value), SuiteError> {
        let doing = "an introspection by hand";
        let response = self
            .http
            .post(self.introspection_endpoint())
            .header(header::ACCEPT, accept)
            .form(form)
            .send()
            .await
            .map_err(SuiteError::http(doing))?;
        let status = response.status();
        let body = response.json().await.map_err(SuiteError::http(doing))?;
        Ok((status, body))
    }

    /// Where tokens are introspected.
    #[must_use]
    pub fn introspection_endpoint(&self) -> String {
        self.endpoint("/token/introspect")
    }
}
