//! Whether those who build on the last release can build on this one: cargo-semver-checks.

use super::{
    checks::tool,
    outcome::{Outcome, judged, said},
    packages::{LIBRARIES, selected},
};
use crate::{
    cargo::{cargo_unlocked, program},
    error::XtaskError,
    tool::Tool,
};

const SEMVER_CHECKS: Tool<'static> = tool("cargo-semver-checks", "0.51.0");
/// Where the crates of this repository say that they come from.
const REPOSITORY: &str = "github.com/portcullis-rs/portcullis";

/// What the public API is held against.
#[derive(Debug, PartialEq, Eq)]
enum Baseline {
    /// A revision of this repository.
    Revision(String),
    /// What was published last.
    Registry,
    /// There is no release yet.
    Nothing,
    /// The registry did not say; this is what was said instead.
    Unknown(String),
}

/// Holds the public API against the revision that is given, or the last release there is a tag of, or what was
/// published last.
pub(super) fn held(given: Option<&str>) -> Result<Outcome, XtaskError> {
    let baseline = match given.map(str::to_owned).or_else(last_tag) {
        Some(revision) => Baseline::Revision(revision),
        None => published()?,
    };
    let (against, arguments) = match baseline {
        Baseline::Nothing => return Ok(Outcome::NotRun("nothing is published yet".into())),
        Baseline::Unknown(why) => return Ok(Outcome::NotRun(why)),
        Baseline::Registry => ("what is published".to_owned(), vec![]),
        Baseline::Revision(revision) => {
            let arguments = vec!["--baseline-rev".to_owned(), revision.clone()];
            (revision, arguments)
        }
    };
    let mut check = program(SEMVER_CHECKS.ready()?);
    check.arg("semver-checks").args(arguments);
    check.args(selected(&LIBRARIES));
    Ok(match judged(&mut check)? {
        Outcome::Good(_) => Outcome::Good(format!("against {against}")),
        outcome => outcome,
    })
}

/// The tag of the release before this one: what stands at the last commit may be this one's own.
fn last_tag() -> Option<String> {
    let mut describe = program("git");
    describe.args([
        "describe",
        "--tags",
        "--abbrev=0",
        "--match",
        "v[0-9]*",
        "HEAD^",
    ]);
    said(&mut describe).map(|tag| tag.trim().to_owned())
}

fn published() -> Result<Baseline, XtaskError> {
    let mut info = cargo_unlocked("info");
    info.args(["--registry", "crates-io", "portcullis"]);
    let output = info.output().map_err(|source| XtaskError::Start {
        program: "cargo info".into(),
        source,
    })?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(baseline(
        output.status.success(),
        &text(&output.stdout),
        &text(&output.stderr),
    ))
}

/// What `cargo info` has told of the crate: by its name it may be another one.
fn baseline(is_found: bool, told: &str, complaint: &str) -> Baseline {
    if is_found && told.contains(REPOSITORY) {
        Baseline::Registry
    } else if is_found || complaint.contains("could not find") {
        Baseline::Nothing
    } else {
        let last = complaint.lines().rfind(|line| !line.trim().is_empty());
        Baseline::Unknown(
            last.unwrap_or("the registry does not answer")
                .trim()
                .to_owned(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_crate_of_ours_is_a_release_of_ours() {
        let ours = "version: 0.1.0\nrepository: https://github.com/portcullis-rs/portcullis\n";
        assert_eq!(baseline(true, ours, ""), Baseline::Registry);
        let another = "version: 3.0.0\nrepository: https://example.com/portcullis\n";
        assert_eq!(baseline(true, another, ""), Baseline::Nothing);
        let none = "    Updating crates.io index\nerror: could not find `portcullis` in registry\n";
        assert_eq!(baseline(false, "", none), Baseline::Nothing);
    }

    #[test]
    fn a_registry_that_does_not_answer_is_not_one_without_a_release() {
        let complaint = "error: failed to query\n\nCaused by:\n  timed out\n";
        assert_eq!(
            baseline(false, "", complaint),
            Baseline::Unknown("timed out".into())
        );
        assert!(matches!(baseline(false, "", ""), Baseline::Unknown(_)));
    }
}
