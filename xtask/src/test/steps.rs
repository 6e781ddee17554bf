use super::suite::{Suite, Wanting};
use crate::{
    Verdict, bench, book as pages,
    cargo::{cargo, shown},
    conformance,
    error::XtaskError,
    proof::{fuzz as targets, supply_chain::deny},
    readmes, setup, templates, tutorial as reader,
    watch::watch,
};

/// A suite: what it is called on the command line and in the report, and how it runs.
pub(super) struct Step {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) run: fn(&mut Suite) -> Result<(), XtaskError>,
}

/// The suites in the order they run.
pub(super) const ALL: &[Step] = &[
    step(
        "dependencies",
        "licenses and sources of dependencies",
        dependencies,
    ),
    step("unit", "unit and integration tests", unit_and_integration),
    step("doctests", "doctests", doctests),
    step("conformance", "conformance", conformance),
    step("fuzz", "fuzzing corpora", fuzz),
    step("examples", "examples", examples),
    step("templates", "generated templates", generated_templates),
    step("demo", "demo", demo),
    step("playground", "playground in Chromium", playground),
    step("grpc", "gRPC over the wire", grpc),
    step("redis", "real Redis", redis),
    step("nginx", "real nginx", nginx),
    step("envoy", "real Envoy", envoy),
    step("oidc-provider", "real oidc-provider", oidc_provider),
    step("keycloak", "real Keycloak", keycloak),
    step("faults", "faults on real parts", faults),
    step("tutorial", "tutorial", tutorial),
    step("readmes", "READMEs of the templates", readmes_of_templates),
    step("book", "book", book),
    step("benchmarks", "benchmarks", benchmarks),
    step("instructions", "instructions of a request", instructions),
];

const fn step(
    id: &'static str,
    name: &'static str,
    run: fn(&mut Suite) -> Result<(), XtaskError>,
) -> Step {
    Step { id, name, run }
}

/// The crates of the workspace without the suites that have a step of their own.
const CRATES: [&str; 18] = [
    "--workspace",
    "--exclude",
    "portcullis-conformance",
    "--exclude",
    "portcullis-faults-suite",
    "--exclude",
    "portcullis-gateway-suite",
    "--exclude",
    "portcullis-grpc-suite",
    "--exclude",
    "portcullis-keycloak-suite",
    "--exclude",
    "portcullis-oidc-provider-suite",
    "--exclude",
    "portcullis-playground-suite",
    "--exclude",
    "portcullis-redis-suite",
    "--all-features",
];

/// What prepares a real server ends with it where the machine lacks what that needs.
const CANNOT: i32 = 3;

fn dependencies(suite: &mut Suite) -> Result<(), XtaskError> {
    for mut looked_at in deny::licenses_sources_bans()? {
        suite.check(&mut looked_at)?;
    }
    Ok(())
}

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

/// Every input of the corpora once, on any toolchain; and each target for an instant where fuzzing was
/// done here before.
fn fuzz(suite: &mut Suite) -> Result<(), XtaskError> {
    const CORPORA: [&str; 5] = [
        "--manifest-path",
        "fuzz/Cargo.toml",
        "--no-default-features",
        "--features",
        "gateway",
    ];
    suite.tests(cargo("test").args(CORPORA).arg("--no-fail-fast"))?;
    match targets::in_short()? {
        Some((run, problems)) => {
            suite.tally.passed += run - problems.len();
            for problem in problems {
                suite.fail(problem);
            }
        }
        None => suite
            .notes
            .push("the corpora alone; `cargo xtask proof fuzz` goes on from them".to_owned()),
    }
    Ok(())
}

const EXAMPLES: [&str; 3] = ["--manifest-path", "examples/Cargo.toml", "--workspace"];

fn examples(suite: &mut Suite) -> Result<(), XtaskError> {
    if suite.must(cargo("build").args(EXAMPLES))? {
        suite.tests(cargo("test").args(EXAMPLES).arg("--no-fail-fast"))?;
    }
    Ok(())
}

fn generated_templates(suite: &mut Suite) -> Result<(), XtaskError> {
    for mut command in templates::generated()? {
        suite.tests(&mut command)?;
    }
    Ok(())
}

fn demo(suite: &mut Suite) -> Result<(), XtaskError> {
    suite.check(cargo("run").args(["--package", "portcullis-cli", "--", "demo", "--once"]))
}

fn playground(suite: &mut Suite) -> Result<(), XtaskError> {
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

fn grpc(suite: &mut Suite) -> Result<(), XtaskError> {
    const PACKAGE: [&str; 2] = ["--package", "portcullis-grpc-suite"];
    let cure = setup::grpc()?;
    if is_prepared(suite, PACKAGE, "grpc-prepare", cure)? {
        suite.tests(cargo("test").args(PACKAGE).arg("--no-fail-fast"))?;
    }
    Ok(())
}

fn redis(suite: &mut Suite) -> Result<(), XtaskError> {
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

fn nginx(suite: &mut Suite) -> Result<(), XtaskError> {
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

fn envoy(suite: &mut Suite) -> Result<(), XtaskError> {
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

fn oidc_provider(suite: &mut Suite) -> Result<(), XtaskError> {
    const PACKAGE: [&str; 2] = ["--package", "portcullis-oidc-provider-suite"];
    let cure = setup::oidc_provider()?;
    if is_prepared(suite, PACKAGE, "oidc-provider-prepare", cure)? {
        suite.tests(cargo("test").args(PACKAGE).arg("--no-fail-fast"))?;
    }
    Ok(())
}

fn keycloak(suite: &mut Suite) -> Result<(), XtaskError> {
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

fn faults(suite: &mut Suite) -> Result<(), XtaskError> {
    const PACKAGE: [&str; 2] = ["--package", "portcullis-faults-suite"];
    let cures = [setup::redis()?, setup::keycloak()?];
    let cure = cures.into_iter().flatten().next();
    if is_prepared(suite, PACKAGE, "faults-prepare", cure)? {
        suite.tests(cargo("test").args(PACKAGE).arg("--no-fail-fast"))?;
    }
    Ok(())
}

/// In a clone that takes what is built here already: how long it takes says nothing then.
fn tutorial(suite: &mut Suite) -> Result<(), XtaskError> {
    const PACKAGE: [&str; 2] = ["--package", "portcullis-keycloak-suite"];
    let cure = setup::tutorial()?;
    if is_prepared(suite, PACKAGE, "keycloak-prepare", cure)? {
        match reader::run(true)? {
            Verdict::Good => suite.tally.passed += 1,
            Verdict::Bad => suite.fail("the tutorial does not go as it says".into()),
        }
    }
    Ok(())
}

fn readmes_of_templates(suite: &mut Suite) -> Result<(), XtaskError> {
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
        match readmes::run(&[])? {
            Verdict::Good => suite.tally.passed += 1,
            Verdict::Bad => suite.fail("a README does not go as it says".into()),
        }
    }
    Ok(())
}

fn book(suite: &mut Suite) -> Result<(), XtaskError> {
    match pages::build()? {
        Verdict::Good => suite.tally.passed += 1,
        Verdict::Bad => suite.fail("the book is not built, or has links to nowhere".into()),
    }
    Ok(())
}

/// Whether a real server can run, which a program of its suite finds out. `cure` installs what is
/// missing.
fn is_prepared(
    suite: &mut Suite,
    package: [&str; 2],
    program: &str,
    cure: Option<String>,
) -> Result<bool, XtaskError> {
    let mut prepare = cargo("run");
    prepare
        .arg("--quiet")
        .args(package)
        .args(["--bin", program]);
    let mut said = Vec::new();
    let ending = watch(&mut prepare, |line| said.push(line.to_owned()))?;
    if ending.code() == Some(CANNOT) {
        suite.wanting = Some(Wanting {
            why: reason(&said),
            cure,
        });
        return Ok(false);
    }
    if !ending.is_success() {
        suite.fail(format!("`{}` failed: {ending}", shown(&prepare)));
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

/// The peers stay out: they take longer to build than all the rest.
const BENCH: [&str; 5] = [
    "--manifest-path",
    "bench/Cargo.toml",
    "--workspace",
    "--exclude",
    "portcullis-bench-peers",
];

fn benchmarks(suite: &mut Suite) -> Result<(), XtaskError> {
    suite.check(cargo("check").args(BENCH).arg("--all-targets"))?;
    suite.tests(
        cargo("test")
            .args(BENCH)
            .args(["--tests", "--no-fail-fast"]),
    )
}

fn instructions(suite: &mut Suite) -> Result<(), XtaskError> {
    match bench::check() {
        Ok(Verdict::Good) => suite.tally.passed += 1,
        Ok(Verdict::Bad) => suite.fail("a request takes more instructions than recorded".into()),
        Err(XtaskError::Needed { what, cure }) => {
            suite.wanting = Some(Wanting {
                why: format!("no {what} here"),
                cure: Some(cure),
            });
        }
        Err(error) => return Err(error),
    }
    Ok(())
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
