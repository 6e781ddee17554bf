//! Load for as long as one likes, with faults in it. `tests/faults` does it; this builds and runs it.

use std::{fs, time::Duration};

use serde_json::Value;

use crate::{
    Verdict,
    cargo::{cargo, program, target_dir, workspace_root},
    error::XtaskError,
    files::{read_json, unwritable},
    reports::{self, Made},
    setup,
    watch::{watch, watch_for},
};

/// What starts before the load, and ends after it.
const BESIDE: Duration = Duration::from_secs(15 * 60);

/// `cargo xtask soak`: so many requests a second for so many minutes, with a report and a chart.
pub(crate) fn run(minutes: u32, rate: u32) -> Result<Verdict, XtaskError> {
    for (what, cure) in [("Redis", setup::redis()?), ("Java", setup::keycloak()?)] {
        if let Some(cure) = cure {
            return Err(XtaskError::Needed { what, cure });
        }
    }
    let mut build = cargo("build");
    build.args(["--release", "--package", "portcullis-faults-suite"]);
    if !watch(build.arg("--bins"), |_| {})?.is_success() {
        return Ok(Verdict::Bad);
    }
    let left_in = target_dir().join("faults/soak.json");
    let drawn = target_dir().join("faults/soak.svg");
    // What an earlier run has left is not this one's. Mostly there is none.
    for left in [&left_in, &drawn] {
        let _ = fs::remove_file(left);
    }
    let mut soak = program(target_dir().join("release/soak"));
    soak.args([minutes, rate].map(|number| number.to_string()));
    let limit = Duration::from_secs(u64::from(minutes) * 60) + BESIDE;
    let ending = watch_for(limit, &mut soak, |_| {})?;
    let figures: Value = read_json(&left_in)?;
    let shown = workspace_root().join("docs/charts/soak.svg");
    fs::copy(drawn, &shown).map_err(unwritable(&shown))?;
    let command = format!("cargo xtask soak --minutes {minutes} --rate {rate}");
    reports::keep("soak", &Made::by(command), &figures)?;
    Ok(Verdict::good_if(ending.is_success()))
}
