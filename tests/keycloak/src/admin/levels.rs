//! Levels of authentication, for step-up (RFC 9470).

use serde_json::{Map, Value, json};

use super::RealmAdmin;
use crate::SuiteError;

/// The login in steps.
const FLOW: &str = "step-up";
const STEPS: &str = "step-up-steps";

impl RealmAdmin {
    /// Makes the login of browsers one in steps, each of them a level of authentication (`acr`) with
    /// what asks the user for it, such as `auth-username-password-form`. Whoever has reached a level
    /// keeps it for `max_age` seconds.
    ///
    /// # Errors
    /// When Keycloak refuses it, for example because there is one already.
    pub async fn set_levels_of_authentication(
        &self,
        steps: &[(&str, &str)],
        max_age: u32,
    ) -> Result<(), SuiteError> {
        let flow = json!({
            "alias": FLOW,
            "providerId": "basic-flow",
            "topLevel": true,
            "builtIn": false,
        });
        self.post("/authentication/flows", &flow).await?;
        self.add_execution(FLOW, "auth-cookie").await?;
        self.add_flow(FLOW, STEPS).await?;
        let mut levels = Map::new();
        for (level, (acr, authenticator)) in (1..).zip(steps) {
            self.add_flow(STEPS, acr).await?;
            let condition = "conditional-level-of-authentication";
            let condition = self.add_execution(acr, condition).await?;
            let config = json!({
                "alias": acr,
                "config": {
                    "loa-condition-level": level.to_string(),
                    "loa-max-age": max_age.to_string(),
                },
            });
            let path = format!("/authentication/executions/{condition}/config");
            self.post(&path, &config).await?;
            self.add_execution(acr, authenticator).await?;
            levels.insert((*acr).to_owned(), json!(level));
        }
        self.set_requirements().await?;
        let levels = Value::Object(levels).to_string();
        let realm = json!({ "browserFlow": FLOW, "attributes": { "acr.loa.map": levels } });
        self.patch_realm(&realm).await
    }

    async fn add_flow(&self, parent: &str, alias: &str) -> Result<(), SuiteError> {
        let flow = json!({ "alias": alias, "type": "basic-flow", "description": "" });
        let path = format!("/authentication/flows/{parent}/executions/flow");
        self.post(&path, &flow).await
    }

    /// Adds an authenticator or a condition; the answer is its id.
    async fn add_execution(&self, flow: &str, provider: &str) -> Result<String, SuiteError> {
        let path = format!("/authentication/flows/{flow}/executions/execution");
        self.create(&path, &json!({ "provider": provider })).await
    }

    /// The cookie or the steps; each step under its condition; all there is to a step.
    async fn set_requirements(&self) -> Result<(), SuiteError> {
        let path = format!("/authentication/flows/{FLOW}/executions");
        let mut executions = self.get(&path).await?;
        for execution in executions.as_array_mut().into_iter().flatten() {
            let requirement = match execution.get("level").and_then(Value::as_u64) {
                Some(0) => "ALTERNATIVE",
                Some(1) => "CONDITIONAL",
                _ => "REQUIRED",
            };
            if let Some(members) = execution.as_object_mut() {
                members.insert("requirement".to_owned(), json!(requirement));
            }
            self.put(&path, execution).await?;
        }
        Ok(())
    }
}
