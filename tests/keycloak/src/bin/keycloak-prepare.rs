//! Gets Keycloak ready for the suite: finds or fetches it and does what its first start needs.
//! Exit status 0: the suite can run. 3: it cannot, for the reason on stdout. 1: it should have
//! been possible and failed.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use portcullis_keycloak_suite::{Distribution, Server, SuiteError};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let (line, code) = match prepare().await {
        Ok(Distribution::Unpacked(home)) => (format!("ready: {}", home.display()), 0),
        Ok(Distribution::Image(image)) => (format!("ready: {image}"), 0),
        Err(SuiteError::Unavailable(reason)) => (format!("SKIPPED: keycloak: {reason}"), 3),
        Err(error) => (format!("failed: {error}"), 1),
    };
    // The exit status says it as well.
    let _ = writeln!(io::stdout(), "{line}");
    ExitCode::from(code)
}

async fn prepare() -> Result<Distribution, SuiteError> {
    let distribution = Distribution::find().await?;
    Server::prepare(&distribution).await?;
    Ok(distribution)
}
