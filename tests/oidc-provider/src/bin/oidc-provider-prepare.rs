//! Gets oidc-provider ready for the suite: fetches it, if that was not done before. Exit status 0:
//! the suite can run. 3: it cannot, for the reason on stdout. 1: it should have been possible and
//! failed.

use std::process::ExitCode;

use portcullis_oidc_provider_suite::{Installation, SUITE};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let installation = Installation::find().await;
    SUITE.readiness(installation.map(|installation| installation.node().display().to_string()))
}
