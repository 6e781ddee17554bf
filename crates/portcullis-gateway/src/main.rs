//! The forward-auth server on the command line.
#![expect(
    clippy::print_stdout,
    reason = "a command line program speaks on standard output"
)]
#![expect(
    clippy::print_stderr,
    reason = "and says on standard error why it cannot"
)]

mod cli;

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    cli::log();
    match cli::Arguments::parse().run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
