//! Says whether the suite can run: 0 it can, 3 it cannot, 1 something went wrong.

use std::process::ExitCode;

use portcullis_gateway_suite::{Installation, SUITE};

fn main() -> ExitCode {
    let nginx = Installation::find();
    SUITE.readiness(nginx.map(|nginx| format!("nginx {}", nginx.version())))
}
