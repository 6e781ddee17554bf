//! Gets Keycloak and Redis ready for the suite. Exit status 0: it can run. 3: it cannot, for the reason on
//! stdout. 1: it should have been possible and failed.

use std::process::ExitCode;

use portcullis_faults_suite::{SUITE, SuiteError};
use portcullis_keycloak_suite::{Distribution, Server, VERSION};
use portcullis_redis_suite::Installation;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    SUITE.readiness(prepare().await)
}

async fn prepare() -> Result<String, SuiteError> {
    let redis = Installation::find()?;
    let distribution = Distribution::find().await?;
    Server::prepare(&distribution).await?;
    let redis = redis.version();
    Ok(format!("Keycloak {VERSION}, redis-server {redis}"))
}
