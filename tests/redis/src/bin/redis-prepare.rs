//! Finds out whether the suite can run. Exit status 0: it can. 3: it cannot, for the reason on
//! stdout.

use std::process::ExitCode;

use portcullis_redis_suite::{Installation, SUITE};

fn main() -> ExitCode {
    let installation = Installation::find();
    SUITE.readiness(installation.map(|it| format!("redis-server {}", it.version())))
}
