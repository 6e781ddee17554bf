use super::suite::{Suite, Wanting};
use crate::{
    cargo::{cargo, shown},
    conformance,
    error::XtaskError,
    setup,
    watch::watch,
};

type Step = fn(&mut Suite) -> Result<(), XtaskError>;

/// The suites by name, in the order they run.
pub(super) const ALL: &[(&str, Step)] = &[
    ("unit and integration tests", unit_and_integration),
    ("doctests", doctests),
    ("conformance", conformance),
    ("examples", examples),
    ("demo", demo),
    ("real Keycloak", keycloak),
    ("benchmarks compile", benchmarks),
];

/// The crates of the workspace without the suites that have a step of their own.
const CRATES: [&str; 6] = [
    "--workspace",
    "--exclude",
    "portcullis-conformance",
    "--exclude",
    "portcullis-keycloak-suite",
    "--all-features",
];

/// `keycloak-prepare` ends with it where the machine lacks what a real server needs.
const CANNOT: i32 = 3;

fn unit_and_integration(suite: &mut Suite) -> Result<(), XtaskError> {
    suite.tests(
        cargo("test")
            .args(CRATES)
            .args(["--tests", "--no-fail-fast"]),
    )
}

fn doctests(suite: &mut Suite) -> Result<(), XtaskError> {
    suite.tests(cargo("test").args(CRATES).args(["--doc", "--no-fail-fast"]))
}

fn conformance(suite: &mut Suite) -> Result<(), XtaskError> {
    let conformance = conformance::run(None)?;
    println!("\n{}", conformance.report());
    suite.tally += conformance.tests;
    suite
        .notes
        .push(format!("lines: {}", conformance.summary()));
    if conformance.tests.failed == 0 && !conformance.ending.is_success() {
        // The lines of tests that never ran say nothing.
        suite.fail(format!("the suite ended early: {}", conformance.ending));
    } else {
        suite.tally.failed += conformance.standing().wrong();
        suite.notes.extend(conformance.standing().faults());
    }
    Ok(())
}

fn examples(suite: &mut Suite) -> Result<(), XtaskError> {
    const EXAMPLES: [&str; 3] = ["--manifest-path", "examples/Cargo.toml", "--workspace"];
    if suite.must(cargo("build").args(EXAMPLES))? {
        suite.tests(cargo("test").args(EXAMPLES).arg("--no-fail-fast"))?;
    }
    Ok(())
}

fn demo(suite: &mut Suite) -> Result<(), XtaskError> {
    suite.check(cargo("run").args(["--package", "portcullis-cli", "--", "demo", "--once"]))
}

fn keycloak(suite: &mut Suite) -> Result<(), XtaskError> {
    let cure = setup::keycloak()?;
    let mut prepare = cargo("run");
    prepare.args(["--quiet", "--package", "portcullis-keycloak-suite"]);
    prepare.args(["--bin", "keycloak-prepare"]);
    let mut said = Vec::new();
    let ending = watch(&mut prepare, |line| said.push(line.to_owned()))?;
    if ending.code() == Some(CANNOT) {
        suite.wanting = Some(Wanting {
            why: reason(&said),
            cure,
        });
        return Ok(());
    }
    if !ending.is_success() {
        suite.fail(format!("`{}` failed: {ending}", shown(&prepare)));
        return Ok(());
    }
    let example = ["--manifest-path", "examples/axum-keycloak/Cargo.toml"];
    if suite.must(cargo("build").args(example))? {
        let package = ["--package", "portcullis-keycloak-suite", "--no-fail-fast"];
        suite.tests(cargo("test").args(package))?;
    }
    Ok(())
}

/// What `keycloak-prepare` said, without the mark it begins with.
fn reason(said: &[String]) -> String {
    let said = said.join(" ");
    let reason = said.strip_prefix("SKIPPED: keycloak: ").unwrap_or(&said);
    reason.to_owned()
}

fn benchmarks(suite: &mut Suite) -> Result<(), XtaskError> {
    suite.check(cargo("check").args(["--manifest-path", "bench/Cargo.toml", "--benches"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_of_a_suite_that_cannot_run_is_given_plainly() {
        let marked = "SKIPPED: keycloak: no Java 17 here".to_owned();
        assert_eq!(reason(&[marked]), "no Java 17 here");
        assert_eq!(reason(&["something else".to_owned()]), "something else");
        assert_eq!(reason(&[]), "");
    }
}
