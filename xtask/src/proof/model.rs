//! Random schedules of the library against what it promises, and the orders in which its threads and tasks
//! may meet.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    Verdict,
    cargo::cargo,
    error::XtaskError,
    reports::{Made, keep},
    watch::watch_for,
};

const SCHEDULES: u64 = 1_000_000;
/// In how many orders each encounter is explored.
const ORDERS: u64 = 100_000;
/// On one core that others use, too.
const LIMIT: Duration = Duration::from_secs(4 * 3600);

/// What came of both.
#[derive(Debug, Serialize)]
struct Report {
    /// As `portcullis-model` has counted it.
    #[serde(flatten)]
    schedules: Map<String, Value>,
    /// How many encounters were explored, and in how many orders altogether.
    shuttle_encounters: u64,
    shuttle_iterations: u64,
}

/// Explores and plays everything, and writes the report.
pub(super) fn run() -> Result<Verdict, XtaskError> {
    let (is_explored, explored) = figures("portcullis-interleavings", "interleavings", ORDERS)?;
    let (is_played, schedules) = figures("portcullis-model", "model", SCHEDULES)?;
    let number = |name| explored.get(name).and_then(Value::as_u64).unwrap_or(0);
    let encounters = number("explored");
    let report = Report {
        schedules,
        shuttle_encounters: encounters,
        shuttle_iterations: encounters * number("orders_each"),
    };
    keep("model", &Made::by("cargo xtask proof model"), &report)?;
    Ok(Verdict::good_if(is_explored && is_played))
}

/// Runs a program of a package with a number, and takes the figures that it prints as one line of JSON;
/// whether it has found nothing wrong.
fn figures(
    package: &str,
    program: &str,
    number: u64,
) -> Result<(bool, Map<String, Value>), XtaskError> {
    let mut command = cargo("run");
    command
        .args(["--release", "--package", package, "--bin", program, "--"])
        .arg(number.to_string());
    let mut figures = Map::new();
    let ending = watch_for(LIMIT, &mut command, |line| {
        if let Ok(Value::Object(said)) = serde_json::from_str(line) {
            figures = said;
        }
    })?;
    Ok((ending.is_success(), figures))
}
