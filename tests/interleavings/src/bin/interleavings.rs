//! `interleavings ORDERS`: explores everything in so many orders each, and prints the figures as JSON.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line program speaks"
)]

use std::{env, process::ExitCode};

use portcullis_interleavings::all;
use serde_json::json;

fn main() -> ExitCode {
    let orders = env::args().nth(1).map(|argument| argument.parse());
    let Some(Ok(orders)) = orders else {
        eprintln!("usage: interleavings ORDERS");
        return ExitCode::FAILURE;
    };
    for explored in all() {
        eprintln!("{} ...", explored.promise);
        explored.explore(orders);
    }
    let report = json!({"explored": all().count(), "orders_each": orders});
    println!("{report}");
    ExitCode::SUCCESS
}
