//! What the packages of the workspace consist of, and the one way in which all of it is tested.

use std::{collections::BTreeSet, process::Command};

use serde::Deserialize;

use crate::{
    cargo::{cargo, workspace_root},
    error::XtaskError,
    files::malformed,
};

/// Its driver of browsers has `serde_json` keep the order of members, which changes what all others are tested with.
pub(crate) const APART: &str = "portcullis-playground-suite";

/// `cargo test` with the features that everything in the workspace has together, but for what stands apart. Each
/// package by itself would have others, and what they all depend on would be compiled once more for each.
pub(crate) fn tests() -> Command {
    let mut command = cargo("test");
    command.args(["--workspace", "--exclude", APART, "--all-features"]);
    command
}

/// `--test` for each of these.
pub(crate) fn selected<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    names
        .into_iter()
        .flat_map(|name| ["--test", name])
        .collect()
}

/// All packages with their targets, as cargo tells of them.
#[derive(Debug, Deserialize)]
pub(crate) struct Targets {
    packages: Vec<Package>,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    targets: Vec<Target>,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
    test: bool,
}

impl Targets {
    pub(crate) fn read() -> Result<Self, XtaskError> {
        let mut metadata = cargo("metadata");
        metadata.args(["--no-deps", "--format-version", "1"]);
        let output = metadata.output().map_err(|source| XtaskError::Start {
            program: "cargo metadata".to_owned(),
            source,
        })?;
        serde_json::from_slice(&output.stdout).map_err(|error| {
            let said = String::from_utf8_lossy(&output.stderr);
            let manifest = workspace_root().join("Cargo.toml");
            malformed(&manifest, format!("{error}: {}", said.trim()))
        })
    }

    /// The integration tests of these packages by their names.
    pub(crate) fn integration_tests(&self, of: impl Fn(&str) -> bool) -> BTreeSet<&str> {
        self.named("test", of)
    }

    /// The programs of these packages that have tests of their own.
    pub(crate) fn tested_programs(&self, of: impl Fn(&str) -> bool) -> BTreeSet<&str> {
        self.named("bin", of)
    }

    fn named(&self, kind: &str, of: impl Fn(&str) -> bool) -> BTreeSet<&str> {
        let packages = self.packages.iter().filter(|package| of(&package.name));
        packages
            .flat_map(|package| &package.targets)
            .filter(|target| target.test && target.kind.iter().any(|it| it == kind))
            .map(|target| &*target.name)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_found_by_package_and_kind() {
        let targets = Targets::read().unwrap();
        let of = |package: &'static str| move |name: &str| name == package;
        let tests = targets.integration_tests(of("portcullis-redis-suite"));
        assert_eq!(tests, ["instances", "redis", "storm"].into());
        assert_eq!(targets.integration_tests(of("xtask")), [].into());
        assert_eq!(targets.tested_programs(of("xtask")), ["xtask"].into());
        assert_eq!(
            targets.tested_programs(of("portcullis-redis-suite")),
            [].into()
        );
    }

    /// What else has tests would be left out: suites name libraries, programs and integration tests.
    #[test]
    fn nothing_else_has_tests() {
        let all = Targets::read().unwrap();
        let targets = all.packages.iter().flat_map(|package| &package.targets);
        for target in targets.filter(|target| target.test) {
            let named = ["lib", "bin", "test"];
            let is_named = target.kind.iter().any(|kind| named.contains(&&**kind));
            assert!(is_named, "{target:?}");
        }
    }

    #[test]
    fn tests_are_selected_by_name() {
        assert_eq!(selected(["a", "b"]), ["--test", "a", "--test", "b"]);
    }
}
