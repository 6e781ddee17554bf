//! `rust-version`: whether what is published can be built with the Rust that its manifests promise.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{
    checks::{has_toolchain, no_toolchain},
    outcome::{Outcome, judged, said},
    packages::{PUBLISHED, selected},
};
use crate::{
    cargo::{cargo_unlocked, program, target_dir, workspace_root},
    error::XtaskError,
    files::malformed,
};

/// What `cargo metadata` tells, as far as anybody here cares.
#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Debug, Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    rust_version: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Debug, Deserialize)]
struct Kind {
    kind: Option<String>,
}

/// Builds it with that very Rust, where that is installed.
pub(super) fn built() -> Result<Outcome, XtaskError> {
    let Some(promised) = metadata()?.promised() else {
        return Ok(Outcome::Bad("no rust-version is promised".into()));
    };
    if !has_toolchain(&promised) {
        return Ok(no_toolchain(&promised));
    }
    let mut check = program("rustup");
    check.args(["run", &promised, "cargo", "check"]);
    check.args(["--locked", "--all-features"]);
    check.args(selected(&PUBLISHED));
    check.env("CARGO_TARGET_DIR", target_dir().join("proof/oldest-rust"));
    judged(&mut check)
}

/// Whether a dependency says that it wants a newer one.
pub(super) fn wanted() -> Result<Outcome, XtaskError> {
    let metadata = metadata()?;
    let Some(promised) = metadata.promised() else {
        return Ok(Outcome::Bad("no rust-version is promised".into()));
    };
    let dependencies = metadata.dependencies();
    let newer: Vec<String> = dependencies
        .iter()
        .filter_map(|package| package.newer(&promised))
        .collect();
    let silent = dependencies
        .iter()
        .filter(|package| package.rust_version.is_none());
    let good = format!(
        "{} dependencies want Rust {promised} or an older one, {} of them without a word",
        dependencies.len(),
        silent.count()
    );
    Ok(Outcome::of(&newer, good))
}

fn metadata() -> Result<Metadata, XtaskError> {
    let mut metadata = cargo_unlocked("metadata");
    metadata.args(["--format-version", "1", "--locked", "--all-features"]);
    let told = said(&mut metadata).unwrap_or_default();
    let manifest = workspace_root().join("Cargo.toml");
    serde_json::from_str(&told).map_err(|error| malformed(&manifest, error.to_string()))
}

impl Metadata {
    /// The `rust-version` of what is published, which all of it shares.
    fn promised(&self) -> Option<String> {
        let first = PUBLISHED.first()?;
        let package = self
            .packages
            .iter()
            .find(|package| package.name == *first)?;
        package.rust_version.clone()
    }

    /// All that is built for those who depend on what is published, without what only its tests need.
    fn dependencies(&self) -> Vec<&Package> {
        let packages: BTreeMap<_, _> = self
            .packages
            .iter()
            .map(|package| (&*package.id, package))
            .collect();
        let nodes: BTreeMap<_, _> = self
            .resolve
            .nodes
            .iter()
            .map(|node| (&*node.id, node))
            .collect();
        let is_published = |package: &&Package| PUBLISHED.contains(&&*package.name);
        let published = self.packages.iter().filter(is_published);
        let mut left: Vec<&str> = published.map(|package| &*package.id).collect();
        let mut seen: BTreeSet<&str> = left.iter().copied().collect();
        while let Some(node) = left.pop().and_then(|id| nodes.get(id)) {
            let built = node.deps.iter().filter(|dependency| dependency.is_built());
            left.extend(
                built
                    .map(|dependency| &*dependency.pkg)
                    .filter(|id| seen.insert(id)),
            );
        }
        let seen = seen.iter().filter_map(|id| packages.get(id).copied());
        seen.filter(|package| !is_published(package)).collect()
    }
}

impl Dependency {
    fn is_built(&self) -> bool {
        self.dep_kinds
            .iter()
            .any(|kind| kind.kind.as_deref() != Some("dev"))
    }
}

impl Package {
    /// What it wants, where that is newer.
    fn newer(&self, promised: &str) -> Option<String> {
        let wanted = self.rust_version.as_deref()?;
        (numbers(wanted) > numbers(promised))
            .then(|| format!("{} {} wants {wanted}", self.name, self.version))
    }
}

/// `1.88` is `1.88.0`.
fn numbers(version: &str) -> [u32; 3] {
    let mut numbers = version.split('.').map(|number| number.parse().unwrap_or(0));
    [(); 3].map(|()| numbers.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn metadata() -> Metadata {
        let package = |name: &str, rust: Option<&str>| json!({ "id": name, "name": name, "version": "1.0.0", "rust_version": rust });
        let dependency = |name: &str, kind: Option<&str>| json!({ "pkg": name, "dep_kinds": [{ "kind": kind }] });
        serde_json::from_value(json!({
            "packages": [
                package("portcullis", Some("1.88")),
                package("old", Some("1.88.0")),
                package("silent", None),
                package("new", Some("1.90")),
                package("for-tests", Some("1.95")),
            ],
            "resolve": { "nodes": [
                { "id": "portcullis", "deps": [dependency("old", None), dependency("for-tests", Some("dev"))] },
                { "id": "old", "deps": [dependency("silent", Some("build")), dependency("new", None)] },
                { "id": "silent", "deps": [] },
                { "id": "new", "deps": [dependency("old", None)] },
                { "id": "for-tests", "deps": [] },
            ] },
        }))
        .unwrap()
    }

    #[test]
    fn what_others_build_is_found_and_what_only_tests_need_is_not() {
        let metadata = metadata();
        let mut names: Vec<_> = metadata
            .dependencies()
            .iter()
            .map(|package| &*package.name)
            .collect();
        names.sort_unstable();
        assert_eq!(names, ["new", "old", "silent"]);
        assert_eq!(metadata.promised().unwrap(), "1.88");
    }

    #[test]
    fn a_dependency_that_wants_a_newer_rust_is_told() {
        let metadata = metadata();
        let newer: Vec<_> = metadata
            .dependencies()
            .iter()
            .filter_map(|package| package.newer("1.88"))
            .collect();
        assert_eq!(newer, ["new 1.0.0 wants 1.90"]);
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(numbers("1.100") > numbers("1.88.1"));
        assert_eq!(numbers("1.88"), numbers("1.88.0"));
    }
}
