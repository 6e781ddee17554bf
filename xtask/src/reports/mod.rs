//! What a long run leaves behind: `reports/<name>.json`, and the page that shows them all.

pub(crate) mod page;

use std::process::Command;

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    cargo::{program, workspace_root},
    error::XtaskError,
    files,
};

/// Where the reports stand, below the workspace root.
const FOLDER: &str = "reports";

/// When a report was made, and how to make it again.
#[derive(Debug, Serialize)]
pub(crate) struct Made {
    date: String,
    command: String,
    rustc: String,
}

impl Made {
    /// Made today, by this command, with the compiler that is here.
    pub(crate) fn by(command: impl Into<String>) -> Self {
        Self {
            date: today(),
            command: command.into(),
            rustc: said_by(program("rustc").arg("--version")),
        }
    }
}

#[derive(Serialize)]
struct Report<'a, T> {
    #[serde(flatten)]
    made: &'a Made,
    #[serde(flatten)]
    figures: &'a T,
}

/// Shows a report and writes it, in place of the one before, into its file and onto the page.
///
/// # Errors
/// Where a file cannot be written.
pub(crate) fn keep(name: &str, made: &Made, figures: &impl Serialize) -> Result<(), XtaskError> {
    let path = workspace_root().join(FOLDER).join(format!("{name}.json"));
    let json = files::json(&path, &Report { made, figures })?;
    print!("\n{json}");
    files::write(&path, &json)?;
    page::write()
}

/// The last report of this name, if there is one.
///
/// # Errors
/// Where it cannot be read.
pub(crate) fn last<T: DeserializeOwned>(name: &str) -> Result<Option<T>, XtaskError> {
    let path = workspace_root().join(FOLDER).join(format!("{name}.json"));
    path.exists().then(|| files::read_json(&path)).transpose()
}

/// `2000-12-31`, by the clock of Greenwich.
pub(crate) fn today() -> String {
    said_by(program("date").args(["-u", "+%Y-%m-%d"]))
}

fn said_by(command: &mut Command) -> String {
    let output = command
        .output()
        .ok()
        .filter(|output| output.status.success());
    let said = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    said.unwrap_or_default()
}
