//! Finds out whether the suite can run, builds grpcurl for it and fetches Connect. Exit status 0: it can. 3: it
//! cannot, for the reason on stdout.

use std::process::ExitCode;

use portcullis_grpc_suite::{Connect, Grpcurl, SUITE, SuiteError};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    SUITE.readiness(prepare().await)
}

async fn prepare() -> Result<String, SuiteError> {
    let grpcurl = Grpcurl::prepare()?;
    let connect = Connect::prepare().await?;
    Ok(format!(
        "grpcurl {}, Connect by {}",
        grpcurl.version(),
        connect.node().display()
    ))
}
