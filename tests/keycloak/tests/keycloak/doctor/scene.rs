use std::process::Output;

use portcullis_keycloak_suite::{Client, CommandLine};
use serde_json::Value;

use crate::environment::ORDERS_API;

/// The doctor as `orders-api` would call him.
#[derive(Debug, Clone)]
pub(super) struct Doctor<'a> {
    issuer: &'a str,
    client: Client<'a>,
    token: Option<&'a str>,
    more: Vec<&'a str>,
    under: &'a [&'a str],
}

impl<'a> Doctor<'a> {
    pub(super) fn at(issuer: &'a str) -> Self {
        Self {
            issuer,
            client: ORDERS_API,
            token: None,
            more: Vec::new(),
            under: &[],
        }
    }

    pub(super) fn client(mut self, client: Client<'a>) -> Self {
        self.client = client;
        self
    }

    pub(super) fn token(mut self, token: &'a str) -> Self {
        self.token = Some(token);
        self
    }

    pub(super) fn arguments(mut self, more: &[&'a str]) -> Self {
        self.more.extend(more);
        self
    }

    /// Started by another program, such as `faketime`.
    pub(super) fn under(mut self, program: &'a [&'a str]) -> Self {
        self.under = program;
        self
    }

    /// What he prints. Neither secret nor token is ever in it.
    pub(super) async fn run(&self, more: &[&'a str]) -> Output {
        let secret = self.client.secret;
        let mut arguments = vec![
            "doctor",
            "--issuer",
            self.issuer,
            "--audience",
            "orders-api",
        ];
        arguments.extend(["--client-id", self.client.id]);
        if secret.is_some() {
            arguments.extend(["--client-secret-env", "SECRET"]);
        }
        if self.token.is_some() {
            arguments.extend(["--token", "-"]);
        }
        arguments.extend(&self.more);
        arguments.extend(more);
        let command = CommandLine {
            under: self.under,
            arguments,
            environment: secret
                .map(|secret| ("SECRET", secret))
                .into_iter()
                .collect(),
            stdin: self.token.unwrap_or_default(),
        };
        let output = command.run().await.unwrap();
        let printed =
            String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned();
        if let Some(secret) = secret {
            assert!(!printed.contains(secret), "{printed}");
        }
        if let Some(signature) = self.token.and_then(|token| token.rsplit('.').next()) {
            assert!(!printed.contains(signature), "{printed}");
        }
        output
    }

    /// What he finds.
    pub(super) async fn examine(&self) -> Value {
        let output = self.run(&["--json"]).await;
        let report: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {output:?}"));
        assert_eq!(
            report["exit_code"].as_i64(),
            output.status.code().map(i64::from)
        );
        report
    }

    /// Asserts that the first ✗ is this check with this cause, and what is printed as well.
    pub(super) async fn assert_first_wrong(&self, id: &str, cause: &str) -> Value {
        let report = self.examine().await;
        let first = &report["first_wrong"];
        assert_eq!(
            (&first["id"], &first["cause"]),
            (&id.into(), &cause.into()),
            "{report:#}"
        );
        assert_eq!(report["exit_code"], 1, "{report:#}");
        report
    }

    /// Asserts that nothing is wrong.
    pub(super) async fn assert_nothing_wrong(&self) -> Value {
        let report = self.examine().await;
        assert_eq!(report["first_wrong"], Value::Null, "{report:#}");
        assert_eq!(report["exit_code"], 0, "{report:#}");
        report
    }
}

/// The check of this name in a report.
pub(super) fn check<'a>(report: &'a Value, id: &str) -> &'a Value {
    let mut checks = report["checks"].as_array().unwrap().iter();
    let check = checks.find(|check| check["id"] == id);
    check.unwrap_or_else(|| panic!("no {id}: {report:#}"))
}

/// The lines of what to do about a check.
pub(super) fn cure(report: &Value, id: &str) -> Vec<String> {
    let lines = check(report, id)["cure"].as_array().cloned();
    let lines = lines.unwrap_or_default().into_iter();
    lines
        .map(|line| line.as_str().unwrap().to_owned())
        .collect()
}
