//! A Keycloak home of our own around a distribution that stays as it is: what the server writes
//! (its build, its data) lies here, what it only reads is linked to.
//!
//! Keycloak takes its home from where the launcher and `quarkus-run.jar` really are, so both are
//! copies. The build of the first start takes longer than everything after it: it is done once,
//! in a template, and each run gets a copy of that (4 MB).

use std::{
    env, fs,
    hash::{DefaultHasher, Hash, Hasher},
    io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use super::launch::BUILD_OPTIONS;
use crate::{SUITE, SuiteError, VERSION};

const COPIED: [&str; 4] = ["bin", "conf", "lib/quarkus", "lib/quarkus-run.jar"];
const LINKED: [&str; 5] = ["lib/app", "lib/lib", "providers", "themes", "version.txt"];

/// Where the template for `distribution` lies.
pub(super) fn template_of(distribution: &Path) -> Result<PathBuf, SuiteError> {
    let mut hasher = DefaultHasher::new();
    (distribution, BUILD_OPTIONS).hash(&mut hasher);
    let name = format!("template-{:016x}", hasher.finish());
    let dir = SUITE.dir()?;
    Ok(if distribution.starts_with(&dir) {
        dir.join(VERSION).join(name)
    } else {
        dir.join(name)
    })
}

/// Whether a template is there and what it links to still is.
pub(super) fn is_complete(template: &Path) -> bool {
    LINKED.iter().all(|part| {
        let link = template.join(part);
        link.symlink_metadata().is_err() || link.exists()
    }) && template.join("lib/app").exists()
}

/// Makes a home at `home` around `distribution`.
pub(super) fn build(distribution: &Path, home: &Path) -> Result<(), SuiteError> {
    let make = || -> io::Result<()> {
        let distribution = distribution.canonicalize()?;
        fs::create_dir_all(home.join("lib"))?;
        for part in COPIED {
            copy_tree(&distribution.join(part), &home.join(part))?;
        }
        for part in LINKED {
            let original = distribution.join(part);
            if original.exists() {
                symlink(original, home.join(part))?;
            }
        }
        // Whatever database or host name is configured there, it is not for tests.
        fs::write(home.join("conf/keycloak.conf"), "")
    };
    make().map_err(SuiteError::file("building a Keycloak home at", home))
}

/// A copy of a template.
pub(super) fn copy(template: &Path, home: &Path) -> Result<(), SuiteError> {
    copy_tree(template, home).map_err(SuiteError::file("copying a Keycloak home to", home))
}

fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    let kind = fs::symlink_metadata(from)?.file_type();
    if kind.is_symlink() {
        return symlink(fs::read_link(from)?, to);
    }
    if !kind.is_dir() {
        return fs::copy(from, to).map(drop);
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let name = entry?.file_name();
        copy_tree(&from.join(&name), &to.join(&name))?;
    }
    Ok(())
}

/// Variables that would change how the server starts.
pub(super) fn foreign_variables() -> impl Iterator<Item = std::ffi::OsString> {
    env::vars_os().map(|(name, _)| name).filter(|name| {
        let name = name.to_string_lossy();
        name.starts_with("KC_") || name.starts_with("KEYCLOAK_") || name.starts_with("JAVA_OPTS")
    })
}
