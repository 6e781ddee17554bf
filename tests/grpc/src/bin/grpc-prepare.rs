//! Finds out whether the suite can run, and builds grpcurl for it. Exit status 0: it can. 3: it cannot,
//! for the reason on stdout.

use std::process::ExitCode;

use portcullis_grpc_suite::{Grpcurl, SUITE};

fn main() -> ExitCode {
    let grpcurl = Grpcurl::prepare();
    SUITE.readiness(grpcurl.map(|it| format!("grpcurl {}", it.version())))
}
