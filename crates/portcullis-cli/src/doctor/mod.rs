//! Why tokens are refused, found out by the library's own code.

mod arguments;
mod checks;
mod client;
mod examination;
mod finding;
mod progress;
mod report;
mod sent;
mod settings;
mod witness;

use std::process::ExitCode;

pub(crate) use self::{arguments::Arguments, settings::UsageError};
use self::{progress::Progress, report::Report, settings::Settings};
use crate::terminal;

/// Why nothing was examined.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DoctorError {
    #[error(transparent)]
    Usage(#[from] UsageError),
    #[error("the report cannot be written: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the report cannot be written: {0}")]
    Text(#[from] std::fmt::Error),
}

/// Examines an issuer and prints what was found.
pub(crate) async fn run(arguments: &Arguments) -> Result<ExitCode, DoctorError> {
    let settings = Settings::read(arguments)?;
    let checks = examination::examine(&settings, Progress::new()).await;
    let report = Report::of(&settings.shown_issuer(), checks);
    terminal::print(&if arguments.json {
        report.json()?
    } else {
        report.text()?
    });
    Ok(report.exit_code().into())
}
