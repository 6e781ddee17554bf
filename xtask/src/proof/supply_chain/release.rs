//! `release.toml`, on trial: the next release, made in a clone, with everything but the upload.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::outcome::{Outcome, all_judged, said};
use crate::{
    cargo::{program, target_dir, workspace_root},
    error::XtaskError,
    files::{malformed, read, unwritable},
    tool::Tool,
};

const RELEASE: Tool<'static> = Tool {
    name: "cargo-release",
    version: "1.1.6",
    // It has no need of OpenSSL, which its defaults compile.
    options: &[
        "--debug",
        "--no-default-features",
        "--features",
        "vendored-libgit2",
    ],
};
const WORKSPACES: [&str; 4] = [
    "Cargo.toml",
    "examples/Cargo.toml",
    "bench/Cargo.toml",
    "fuzz/Cargo.toml",
];

/// Clones what is committed, releases the next minor version there, and looks at what was committed by that.
pub(super) fn tried() -> Result<Outcome, XtaskError> {
    let cargo_release = RELEASE.ready()?;
    let (outcome, clone) = cloned()?;
    if !outcome.is_good() {
        return Ok(outcome);
    }
    let before = version(&clone)?;
    let mut release = program(cargo_release);
    release.current_dir(&clone);
    release.args(["release", "minor", "--workspace", "--execute"]);
    release.args(["--no-confirm", "--no-publish", "--no-push"]);
    for (variable, value) in [("NAME", "on trial"), ("EMAIL", "on-trial@localhost")] {
        release.env(format!("GIT_AUTHOR_{variable}"), value);
        release.env(format!("GIT_COMMITTER_{variable}"), value);
    }
    // What stands in a lock file and is no longer so is an error.
    let locked = WORKSPACES.map(|manifest| {
        let mut fetch = inside(&clone, "cargo");
        fetch.args(["fetch", "--quiet", "--locked", "--manifest-path", manifest]);
        fetch
    });
    let mut commands = vec![release];
    commands.extend(locked);
    let outcome = all_judged(&mut commands)?;
    if !outcome.is_good() {
        return Ok(outcome);
    }
    let after = version(&clone)?;
    let wrong = wrong(&clone, &before, &after)?;
    Ok(Outcome::of(&wrong, format!("{before} → {after}")))
}

/// A clone of what is committed, in place of what was there.
fn cloned() -> Result<(Outcome, PathBuf), XtaskError> {
    let clone = target_dir().join("proof/release");
    if clone.exists() {
        fs::remove_dir_all(&clone).map_err(unwritable(&clone))?;
    }
    let mut git = program("git");
    git.args(["clone", "--quiet", "--no-hardlinks"]);
    git.arg(workspace_root()).arg(&clone);
    // A release is made on this branch and on no other, whatever is tried here.
    let mut branch = program("git");
    branch.arg("-C").arg(&clone);
    branch.args(["checkout", "--quiet", "-B", "main"]);
    Ok((all_judged(&mut [git, branch])?, clone))
}

fn inside(folder: &Path, name: &str) -> Command {
    let mut command = Command::new(name);
    command.current_dir(folder);
    command
}

/// The version that all crates share.
fn version(root: &Path) -> Result<String, XtaskError> {
    let manifest = root.join("Cargo.toml");
    let parsed: toml::Table = toml::from_str(&read(&manifest)?)
        .map_err(|error| malformed(&manifest, error.to_string()))?;
    let version = parsed
        .get("workspace")
        .and_then(|workspace| workspace.get("package")?.get("version")?.as_str());
    let version = version.ok_or_else(|| malformed(&manifest, "no version".into()))?;
    Ok(version.to_owned())
}

/// What should be otherwise after a release.
fn wrong(clone: &Path, before: &str, after: &str) -> Result<Vec<String>, XtaskError> {
    let git = |arguments: &[&str]| said(inside(clone, "git").args(arguments)).unwrap_or_default();
    let mut wrong = changelog_faults(&read(&clone.join("CHANGELOG.md"))?, after);
    let mut must = |is_right: bool, otherwise: String| {
        if !is_right {
            wrong.push(otherwise);
        }
    };
    must(before != after, "the version is what it was".into());
    let tag = format!("v{after}");
    must(
        git(&["tag", "--points-at", "HEAD"]).trim() == tag,
        format!("the last commit is not {tag} alone"),
    );
    must(
        git(&["rev-list", "--count", "origin/HEAD..HEAD"]).trim() == "1",
        "it is not one commit".into(),
    );
    must(
        git(&["status", "--short"]).is_empty(),
        "something was not committed".into(),
    );
    for (file, line) in left_behind(clone, &git(&["ls-files"]), after)? {
        must(false, format!("{file} still says `{line}`"));
    }
    Ok(wrong)
}

/// What the changelog should say of a release and does not.
fn changelog_faults(changelog: &str, version: &str) -> Vec<String> {
    let lines: Vec<&str> = changelog.lines().collect();
    let position = |start: &str| lines.iter().position(|line| line.starts_with(start));
    let (unreleased, released) = (
        position("## [Unreleased]"),
        position(&format!("## [{version}] - ")),
    );
    let mut faults = Vec::new();
    if unreleased.is_none() || released.is_none() || unreleased > released {
        faults.push(format!(
            "the changelog has no heading of {version} below that of what comes next"
        ));
    }
    for link in [
        format!(
            "[Unreleased]: https://github.com/portcullis-rs/portcullis/compare/v{version}...HEAD"
        ),
        format!("[{version}]: https://github.com/portcullis-rs/portcullis/releases/tag/v{version}"),
    ] {
        if !lines.contains(&&*link) {
            faults.push(format!("the changelog has no `{link}`"));
        }
    }
    faults
}

/// Lines that depend on a crate of ours in another version: in manifests, READMEs and the book.
fn left_behind(
    root: &Path,
    files: &str,
    version: &str,
) -> Result<Vec<(String, String)>, XtaskError> {
    let mut found = Vec::new();
    let documents = files
        .lines()
        .filter(|file| file.ends_with(".md") || file.ends_with("Cargo.toml"));
    for file in documents {
        let text = read(&root.join(file))?;
        let lines = text
            .lines()
            .filter(|line| required(line).is_some_and(|other| other != version));
        found.extend(lines.map(|line| (file.to_owned(), line.trim().to_owned())));
    }
    Ok(found)
}

/// The version of a crate of ours that a line of a manifest depends on.
fn required(line: &str) -> Option<&str> {
    let line = line.trim();
    let (name, value) = line.split_once(" = ")?;
    let is_ours = name == "portcullis" || name.starts_with("portcullis-");
    let version = if value.starts_with('"') {
        value
    } else {
        value.split_once("version = ")?.1
    };
    version.split('"').nth(1).filter(|_| is_ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_found_wherever_a_crate_of_ours_is_depended_on() {
        assert_eq!(required("portcullis = \"0.1\""), Some("0.1"));
        assert_eq!(
            required("portcullis-axum = { path = \"crates\", version = \"0.1.0\" }"),
            Some("0.1.0")
        );
        assert_eq!(
            required("portcullis = { version = \"0.1\", features = [\"test-util\"] } # a clock"),
            Some("0.1")
        );
        for other in [
            "portcullis.workspace = true",
            "portcullis = { path = \"..\", features = [\"test-util\"] }",
            "axum = \"0.8.9\"",
            "version = \"0.1.0\"",
        ] {
            assert_eq!(required(other), None, "{other}");
        }
    }

    const RELEASED: &str = "# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - 2000-01-01\n\n### Added\n\n- a\n\n\
        [Unreleased]: https://github.com/portcullis-rs/portcullis/compare/v0.2.0...HEAD\n\
        [0.2.0]: https://github.com/portcullis-rs/portcullis/releases/tag/v0.2.0\n";

    #[test]
    fn a_changelog_has_a_heading_and_two_links_for_a_release() {
        assert!(changelog_faults(RELEASED, "0.2.0").is_empty());
        assert_eq!(changelog_faults(RELEASED, "0.3.0").len(), 3);
        let twisted = RELEASED
            .replace("## [Unreleased]", "")
            .replace("- a", "## [Unreleased]");
        assert_eq!(changelog_faults(&twisted, "0.2.0").len(), 1);
    }
}
