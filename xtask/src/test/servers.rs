//! The suites with real servers, browsers and clients, and what is done by the text with a real Keycloak.

use super::{
    steps::EXAMPLES,
    suite::{Suite, Wanting},
};
use crate::{
    cargo::{cargo, program, shown, target_dir},
    error::XtaskError,
    libtest::LastWords,
    readmes, setup, tutorial as reader,
    watch::{Said, watch_closely},
};

/// What prepares a real server ends with it where the machine lacks what that needs.
const CANNOT: i32 = 3;

pub(super) fn playground(suite: &mut Suite) -> Result<(), XtaskError> {
    const PACKAGE: [&str; 2] = ["--package", "portcullis-playground-suite"];
    // Each has a browser of its own.
    const AT_ONCE: [&str; 2] = ["--", "--test-threads=2"];
    // One of the tests logs in at a Keycloak. Where there is none, it says so.
    setup::keycloak()?;
    let cure = setup::chromium()?;
    if is_prepared(suite, PACKAGE, "playground-prepare", cure)?
        && suite.must(cargo("build").args(["--package", "portcullis-cli"]))?
    {
        let mut tests = cargo("test");
        tests.args(PACKAGE).arg("--no-fail-fast").args(AT_ONCE);
        suite.tests(&mut tests)?;
    }
    Ok(())
}

pub(super) fn grpc(suite: &mut Suite) -> Result<(), XtaskError> {
    const PACKAGE: [&str; 2] = ["--package", "portcullis-grpc-suite"];
    let cure = setup::grpc()?;
    if is_prepared(suite, PACKAGE, "grpc-prepare", cure)? {
        suite.tests(cargo("test").args(PACKAGE).arg("--no-fail-fast"))?;
    }
    Ok(())
}

pub(super) fn redis(suite: &mut Suite) -> Result<(), XtaskError> {
    const PACKAGE: [&str; 2] = ["--package", "portcullis-redis-suite"];
    let cure = setup::redis()?;
    if is_prepared(suite, PACKAGE, "redis-prepare", cure)? {
        // What they do is wait for each other's clocks.
        const AT_ONCE: [&str; 2] = ["--", "--test-threads=8"];
        let mut tests = cargo("test");
        tests.args(PACKAGE).arg("--no-fail-fast").args(AT_ONCE);
        suite.tests(&mut tests)?;
    }
    Ok(())
}

pub(super) fn nginx(suite: &mut Suite) -> Result<(), XtaskError> {
    const PACKAGE: [&str; 2] = ["--package", "portcullis-gateway-suite"];
    const TEMPLATE: [&str; 4] = [
        "--manifest-path",
        "examples/Cargo.toml",
        "--package",
        "gateway-nginx",
    ];
    // Beside other tests, requests would not come at the rate that is promised.
    const AT_ONCE: [&str; 2] = ["--", "--test-threads=1"];
    // One of the tests rotates the keys of a Keycloak. Where there is none, it says so.
    setup::keycloak()?;
    let cure = setup::nginx()?;
    if is_prepared(suite, PACKAGE, "gateway-prepare", cure)?
        && suite.must(cargo("build").args(["--package", "portcullis-gateway"]))?
        && suite.must(cargo("build").args(TEMPLATE))?
    {
        let mut tests = cargo("test");
        tests.args(PACKAGE).args(["--lib", "--test", "nginx"]);
        suite.tests(tests.arg("--no-fail-fast").args(AT_ONCE))?;
    }
    Ok(())
}

pub(super) fn envoy(suite: &mut Suite) -> Result<(), XtaskError> {
    const PACKAGE: [&str; 2] = ["--package", "portcullis-gateway-suite"];
    let cure = setup::envoy()?;
    if is_prepared(suite, PACKAGE, "envoy-prepare", cure)?
        && suite.must(cargo("build").args(["--package", "portcullis-gateway"]))?
    {
        let mut tests = cargo("test");
        tests.args(PACKAGE).args(["--test", "envoy"]);
        suite.tests(tests.arg("--no-fail-fast"))?;
    }
    Ok(())
}

pub(super) fn oidc_provider(suite: &mut Suite) -> Result<(), XtaskError> {
    const PACKAGE: [&str; 2] = ["--package", "portcullis-oidc-provider-suite"];
    let cure = setup::oidc_provider()?;
    if is_prepared(suite, PACKAGE, "oidc-provider-prepare", cure)? {
        suite.tests(cargo("test").args(PACKAGE).arg("--no-fail-fast"))?;
    }
    Ok(())
}

pub(super) fn keycloak(suite: &mut Suite) -> Result<(), XtaskError> {
    const PACKAGE: [&str; 2] = ["--package", "portcullis-keycloak-suite"];
    // Instances share what they learn over Redis. Where there is none, those tests say so.
    setup::redis()?;
    // The doctor is shown another time. Where that cannot be done, those tests say so.
    setup::faketime()?;
    let cure = setup::keycloak()?;
    if is_prepared(suite, PACKAGE, "keycloak-prepare", cure)?
        && suite.must(cargo("build").args(EXAMPLES))?
        && suite.must(cargo("build").args(["--package", "portcullis-cli"]))?
    {
        suite.tests(cargo("test").args(PACKAGE).arg("--no-fail-fast"))?;
    }
    Ok(())
}

pub(super) fn faults(suite: &mut Suite) -> Result<(), XtaskError> {
    const PACKAGE: [&str; 2] = ["--package", "portcullis-faults-suite"];
    let cures = [setup::redis()?, setup::keycloak()?];
    let cure = cures.into_iter().flatten().next();
    if is_prepared(suite, PACKAGE, "faults-prepare", cure)? {
        suite.tests(cargo("test").args(PACKAGE).arg("--no-fail-fast"))?;
    }
    Ok(())
}

/// In a clone that takes what is built here already: how long it takes says nothing then.
pub(super) fn tutorial(suite: &mut Suite) -> Result<(), XtaskError> {
    const PACKAGE: [&str; 2] = ["--package", "portcullis-keycloak-suite"];
    let cure = setup::tutorial()?;
    if is_prepared(suite, PACKAGE, "keycloak-prepare", cure)? {
        suite.passes_without(&reader::run(true)?);
    }
    Ok(())
}

pub(super) fn readmes_of_templates(suite: &mut Suite) -> Result<(), XtaskError> {
    const GRPC: [&str; 2] = ["--package", "portcullis-grpc-suite"];
    const GATEWAY: [&str; 2] = ["--package", "portcullis-gateway-suite"];
    const KEYCLOAK: [&str; 2] = ["--package", "portcullis-keycloak-suite"];
    for (package, program, cure) in [
        (GRPC, "grpc-prepare", setup::grpc()?),
        (GATEWAY, "gateway-prepare", setup::nginx()?),
        (KEYCLOAK, "keycloak-prepare", setup::readmes()?),
    ] {
        if !is_prepared(suite, package, program, cure)? {
            return Ok(());
        }
    }
    if suite.must(cargo("build").args(EXAMPLES))? {
        suite.passes_without(&readmes::run(&[])?);
    }
    Ok(())
}

/// Whether a real server can run, which a program of its suite finds out. `cure` installs what is
/// missing. The program is built with the tests, and as they are: by itself it would be another one, of
/// fewer features, and so would be all that it depends on.
fn is_prepared(
    suite: &mut Suite,
    package: [&str; 2],
    name: &str,
    cure: Option<String>,
) -> Result<bool, XtaskError> {
    if !suite.must(cargo("test").args(package).arg("--no-run"))? {
        return Ok(false);
    }
    let mut prepare = program(target_dir().join("debug").join(name));
    let (mut words, mut last_words) = (Vec::new(), LastWords::default());
    let ending = watch_closely(&mut prepare, |said| {
        if let Said::Out(text) = said {
            words.push(text.to_owned());
        }
        last_words.line(said);
    })?;
    if ending.code() == Some(CANNOT) {
        suite.wanting = Some(Wanting {
            why: reason(&words),
            cure,
        });
        return Ok(false);
    }
    if !ending.is_success() {
        let what = format!("`{}` failed: {ending}", shown(&prepare));
        suite.fail(&last_words.below(&what));
    }
    Ok(ending.is_success())
}

/// What was said about a server that cannot run, without the mark it begins with and the name.
fn reason(said: &[String]) -> String {
    let said = said.join(" ");
    let marked = said.strip_prefix("SKIPPED: ");
    let reason = marked.and_then(|marked| marked.split_once(": "));
    reason.map_or(&*said, |(_, reason)| reason).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_of_a_suite_that_cannot_run_is_given_plainly() {
        let marked = "SKIPPED: keycloak: no Java 17 here".to_owned();
        assert_eq!(reason(&[marked]), "no Java 17 here");
        let marked = "SKIPPED: oidc-provider: npm: none".to_owned();
        assert_eq!(reason(&[marked]), "npm: none");
        assert_eq!(reason(&["something else".to_owned()]), "something else");
        assert_eq!(reason(&[]), "");
    }
}
