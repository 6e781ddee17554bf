use std::process::Command;

use super::{is_on_path, runs};
use crate::{
    cargo::program,
    error::XtaskError,
    watch::{Ending, watch},
};

/// Something Debian has a package for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Package {
    Chromium,
    ChromiumDriver,
    Curl,
    Faketime,
    Go,
    Java,
    Jq,
    Llvm,
    Maven,
    Nginx,
    Npm,
    Pip,
    Redis,
    Valgrind,
}

impl Package {
    /// The names it may go by, the best first: a release of Debian carries few versions of Java.
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Chromium => &["chromium"],
            Self::ChromiumDriver => &["chromium-driver"],
            Self::Curl => &["curl"],
            Self::Faketime => &["faketime"],
            Self::Go => &["golang-go"],
            Self::Java => &["openjdk-17-jdk-headless", "default-jdk-headless"],
            Self::Jq => &["jq"],
            Self::Llvm => &["llvm-19"],
            Self::Maven => &["maven"],
            // As Redis does, with a service of its own.
            Self::Nginx => &["nginx"],
            Self::Npm => &["npm"],
            Self::Pip => &["python3-pip"],
            // It starts a service of its own on some systems, on a port that no suite takes.
            Self::Redis => &["redis-server"],
            Self::Valgrind => &["valgrind"],
        }
    }

    /// The first of its names that `is_known`, else the best.
    fn name(self, is_known: impl Fn(&str) -> bool) -> &'static str {
        let names = self.names();
        let known = names.iter().find(|name| is_known(name));
        known.or(names.first()).copied().unwrap_or_default()
    }
}

/// Installs the packages as root where there is apt-get. Otherwise, or when something is still
/// missing afterwards, gives back the command to run.
pub(super) fn install_or_tell(
    missing: &[Package],
    still_missing: impl Fn() -> Vec<Package>,
) -> Result<Option<String>, XtaskError> {
    if missing.is_empty() {
        return Ok(None);
    }
    if !is_on_path("apt-get") || !is_root() {
        return Ok(Some(format!(
            "apt-get install {}",
            names(missing, |_| true).join(" ")
        )));
    }
    install(missing)?;
    let missing = still_missing();
    let still = names(&missing, |_| true).join(" ");
    Ok((!missing.is_empty()).then(|| format!("apt-get install {still}")))
}

fn install(packages: &[Package]) -> Result<Ending, XtaskError> {
    println!(
        "Missing here: {}. Installing.",
        names(packages, |_| true).join(", ")
    );
    watch(apt_get().arg("update"), |_| {})?;
    let names = names(packages, |name| runs("apt-cache", &["show", name]));
    watch(
        apt_get()
            .args(["install", "-y", "--no-install-recommends"])
            .args(names),
        |_| {},
    )
}

fn names(packages: &[Package], is_known: impl Fn(&str) -> bool) -> Vec<&'static str> {
    packages
        .iter()
        .map(|package| package.name(&is_known))
        .collect()
}

fn apt_get() -> Command {
    let mut command = program("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_java_serves_where_the_first_is_unknown() {
        assert_eq!(Package::Java.name(|_| true), "openjdk-17-jdk-headless");
        assert_eq!(
            Package::Java.name(|name| name.starts_with("default")),
            "default-jdk-headless"
        );
        assert_eq!(Package::Java.name(|_| false), "openjdk-17-jdk-headless");
    }

    #[test]
    fn nothing_missing_is_nothing_to_do() {
        assert_eq!(install_or_tell(&[], Vec::new).unwrap(), None);
    }
}
