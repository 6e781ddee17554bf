//! Gets Keycloak ready for the suite: finds or fetches it and does what its first start needs.
//! Exit status 0: the suite can run. 3: it cannot, for the reason on stdout. 1: it should have
//! been possible and failed.

use std::process::ExitCode;

use portcullis_keycloak_suite::{Distribution, SUITE, Server, SuiteError};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    SUITE.readiness(prepare().await)
}

async fn prepare() -> Result<String, SuiteError> {
    let distribution = Distribution::find().await?;
    Server::prepare(&distribution).await?;
    Ok(match distribution {
        Distribution::Unpacked(home) => home.display().to_string(),
        Distribution::Image(image) => image,
    })
}
