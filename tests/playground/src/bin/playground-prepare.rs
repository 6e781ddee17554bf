//! Says whether the suite can run: 0 it can, 3 it cannot, 1 something went wrong.

use std::process::ExitCode;

use portcullis_playground_suite::{Installation, SUITE};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let installation = Installation::find().await;
    SUITE.readiness(installation.map(|installation| installation.version().to_owned()))
}
