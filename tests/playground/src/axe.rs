//! Whether people can use the page who do not see it, or not well, as far as a program can tell.

use std::time::Duration;

use portcullis_real_servers::until;
use serde_json::Value;

use crate::{Browser, Installation, SuiteError};

const LIMIT: Duration = Duration::from_secs(60);

/// Something that axe-core finds.
#[derive(Debug, Clone)]
pub struct Violation {
    /// `minor`, `moderate`, `serious` or `critical`.
    pub impact: String,
    /// The rule.
    pub rule: String,
    /// Where.
    pub nodes: String,
}

impl Browser {
    /// Has axe-core look at the page as it is now, by all of its rules.
    ///
    /// # Errors
    /// When it cannot look, or has looked at next to nothing.
    pub async fn violations(
        &self,
        installation: &Installation,
    ) -> Result<Vec<Violation>, SuiteError> {
        let axe = installation.axe()?;
        let start = "window.axeFound = null; \
                     axe.run().then((found) => { window.axeFound = found; }, \
                     (error) => { window.axeFound = { failed: String(error) }; });";
        self.run(&format!("{axe};{start}")).await?;
        let found = until("axe-core has looked", LIMIT, async || {
            let found = self.run("return window.axeFound;").await?;
            Ok((!found.is_null()).then_some(found))
        })
        .await?;
        let rules_met = found.get("passes").and_then(Value::as_array).map(Vec::len);
        if rules_met.is_none_or(|met| met < 20) {
            return Err(SuiteError::Program {
                program: "axe-core".to_owned(),
                problem: format!("looked at next to nothing: {:?}", found.get("failed")),
                tail: String::new(),
            });
        }
        let violations = found.get("violations").and_then(Value::as_array);
        Ok(violations.into_iter().flatten().map(violation).collect())
    }
}

fn violation(found: &Value) -> Violation {
    let text = |member: &str| match found.get(member) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    Violation {
        impact: text("impact"),
        rule: text("id"),
        nodes: text("nodes"),
    }
}
