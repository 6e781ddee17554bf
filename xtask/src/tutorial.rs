//! The tutorial, done as it stands there; all of it has to take less than ten minutes.

use std::time::{Duration, Instant};

use crate::{
    Faults,
    cargo::{target_dir, workspace_root},
    error::XtaskError,
    page::Reader,
    scratch::Scratch,
    table::Table,
};

/// What the tutorial promises.
const LIMIT: Duration = Duration::from_secs(600);

/// The address that readers clone; here it leads to this very repository, as far as it is committed.
const REPOSITORY: &str = "https://github.com/portcullis-rs/portcullis";

/// `cargo xtask tutorial`.
pub(crate) fn run(is_warm: bool) -> Result<Faults, XtaskError> {
    let page = workspace_root().join("docs").join("tutorial.md");
    // A warm one has always the same path, so that cargo finds again what it has built.
    let folder = if is_warm {
        Scratch::at("portcullis-tutorial")?
    } else {
        Scratch::new("portcullis-tutorial")?
    };
    let begun = Instant::now();
    let mut reader = Reader::new(folder.path(), environment(is_warm), LIMIT);
    let mut table = Table::headed(["step", "seconds"]);
    let seconds = |took: Duration| format!("{:.1}", took.as_secs_f64());
    let faults = reader.read(&page, |step, took| table.row([step, seconds(took)]))?;
    let took = begun.elapsed();
    // Everything that was started ends here, and may say so.
    drop(reader);
    table.row(["all of it".to_owned(), seconds(took)]);
    println!("\n{}", table.text());
    Ok(faults)
}

/// The clone is one of this repository.
fn environment(is_warm: bool) -> Vec<(String, String)> {
    let repository = workspace_root();
    let mut environment = vec![
        ("GIT_CONFIG_COUNT".to_owned(), "1".to_owned()),
        (
            "GIT_CONFIG_KEY_0".to_owned(),
            format!("url.file://{}.insteadOf", repository.display()),
        ),
        ("GIT_CONFIG_VALUE_0".to_owned(), REPOSITORY.to_owned()),
    ];
    if is_warm {
        let target = target_dir().display().to_string();
        environment.push(("CARGO_TARGET_DIR".to_owned(), target));
    }
    environment
}
