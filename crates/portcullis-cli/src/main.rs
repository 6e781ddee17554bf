//! Portcullis on the command line.
#![expect(
    clippy::print_stdout,
    reason = "a command line program speaks on standard output"
)]
#![expect(
    clippy::print_stderr,
    reason = "and says on standard error why it cannot"
)]

mod demo;
mod doctor;
mod inspect;
mod keycloak;
mod moment;
mod shell;
mod terminal;
mod token;

use std::{error::Error, process::ExitCode};

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

/// OAuth 2.0 resource server for tower: tokens verified here, and asked about live where it
/// matters.
#[derive(Parser)]
#[command(name = "portcullis", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Starts an authorization server and a protected API on this machine, with ready-made
    /// requests to try.
    Demo(demo::Arguments),
    Doctor(Box<doctor::Arguments>),
    Inspect(inspect::Arguments),
}

/// The command was given wrongly; clap ends with the same.
const USAGE: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("off"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    match Arguments::parse().command {
        Command::Demo(arguments) => match demo::run(&arguments).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => failed(&error, ExitCode::FAILURE),
        },
        Command::Doctor(arguments) => match doctor::run(&arguments).await {
            Ok(code) => code,
            Err(error) => failed(&error, USAGE.into()),
        },
        Command::Inspect(arguments) => match inspect::run(&arguments) {
            Ok(code) => code,
            Err(error) => failed(&error, ExitCode::FAILURE),
        },
    }
}

fn failed(error: &dyn Error, code: ExitCode) -> ExitCode {
    eprintln!("error: {}", terminal::visible(&error.to_string()));
    code
}
