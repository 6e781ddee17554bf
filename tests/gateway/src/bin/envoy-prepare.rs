//! Says whether the tests behind Envoy can run: 0 they can, 3 they cannot, 1 something went wrong.

use std::process::ExitCode;

use portcullis_gateway_suite::{EnvoyInstallation, SUITE};

#[tokio::main]
async fn main() -> ExitCode {
    let envoy = EnvoyInstallation::find().await;
    SUITE.readiness(envoy.map(|envoy| format!("Envoy {}", envoy.version())))
}
