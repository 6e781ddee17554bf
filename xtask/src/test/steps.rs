use std::time::Instant;

use super::{
    servers::{
        ENVOY, EXAMPLES, FAULTS, GRPC, KEYCLOAK, NGINX, OIDC_PROVIDER, PLAYGROUND, REDIS,
        RealServers,
    },
    suite::{Suite, Wanting},
};
use crate::{
    bench, book as pages,
    cargo::cargo,
    conformance,
    error::XtaskError,
    proof::{fuzz as fuzzing, supply_chain::deny},
    readmes, setup,
    targets::{self, Targets},
    templates, tutorial as reader,
};

/// A suite: what it is called on the command line and in the report, and how it runs.
pub(super) struct Step {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    run: Run,
    /// For one whose outcome nothing changes that runs beside it, and that gives way to all of it.
    pub(super) ahead: Option<Ahead>,
}

/// How a suite runs.
#[derive(Clone, Copy)]
enum Run {
    Alone(fn(&mut Suite) -> Result<(), XtaskError>),
    With(RealServers),
}

/// When a suite may begin before its turn, beside others.
#[derive(Clone, Copy)]
pub(super) struct Ahead {
    /// Once this one is over. What comes between is not disturbed by it.
    pub(super) after: &'static str,
    /// Installs what the suite needs, so that it has nothing to install beside another.
    pub(super) prepare: fn() -> Result<(), XtaskError>,
}

impl Step {
    /// Runs it to its end.
    pub(super) fn ran(&self) -> Suite {
        let started = Instant::now();
        let mut suite = Suite::new(self.name);
        let ran = match &self.run {
            Run::Alone(run) => run(&mut suite),
            Run::With(servers) => servers.run(&mut suite),
        };
        if let Err(error) = ran {
            suite.fail(&error.to_string());
        }
        suite.took = started.elapsed();
        suite
    }
}

/// The suites in the order they run. Those at the end want the machine for themselves, for their rates and
/// times, or for ports that are written down.
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
    with("playground", "playground in Chromium", PLAYGROUND),
    with("grpc", "gRPC over the wire", GRPC),
    with("redis", "real Redis", REDIS),
    with("envoy", "real Envoy", ENVOY),
    with("oidc-provider", "real oidc-provider", OIDC_PROVIDER),
    step("book", "book", book),
    step("benchmarks", "benchmarks", benchmarks),
    with("keycloak", "real Keycloak", KEYCLOAK),
    Step {
        ahead: Some(Ahead {
            after: "dependencies",
            prepare: setup::valgrind,
        }),
        ..step("instructions", "instructions of a request", instructions)
    },
    with("nginx", "real nginx", NGINX),
    with("faults", "faults on real parts", FAULTS),
    step("tutorial", "tutorial", tutorial),
    step("readmes", "READMEs of the templates", readmes_of_templates),
];

const fn step(
    id: &'static str,
    name: &'static str,
    run: fn(&mut Suite) -> Result<(), XtaskError>,
) -> Step {
    Step {
        id,
        name,
        run: Run::Alone(run),
        ahead: None,
    }
}

const fn with(id: &'static str, name: &'static str, servers: RealServers) -> Step {
    Step {
        id,
        name,
        run: Run::With(servers),
        ahead: None,
    }
}

/// What has a step of its own.
const OTHERS: [&str; 8] = [
    "portcullis-conformance",
    "portcullis-faults-suite",
    "portcullis-gateway-suite",
    "portcullis-grpc-suite",
    "portcullis-keycloak-suite",
    "portcullis-oidc-provider-suite",
    "portcullis-playground-suite",
    "portcullis-redis-suite",
];

fn dependencies(suite: &mut Suite) -> Result<(), XtaskError> {
    for mut looked_at in deny::licenses_sources_bans()? {
        suite.check(&mut looked_at)?;
    }
    Ok(())
}

/// The tests that stand in libraries and programs, and the integration tests of what has no step of its own.
fn unit_and_integration(suite: &mut Suite) -> Result<(), XtaskError> {
    let all = Targets::read()?;
    let integration_tests = all.integration_tests(|package| !OTHERS.contains(&package));
    let mut tests = targets::tests();
    tests.args(["--no-fail-fast", "--lib"]);
    for program in all.tested_programs(|package| package != targets::APART) {
        tests.args(["--bin", program]);
    }
    tests.args(targets::selected(integration_tests));
    suite.tests(&mut tests)
}

fn doctests(suite: &mut Suite) -> Result<(), XtaskError> {
    suite.tests(targets::tests().args(["--doc", "--no-fail-fast"]))
}

fn conformance(suite: &mut Suite) -> Result<(), XtaskError> {
    let conformance = conformance::run(None)?;
    println!("\n{}", conformance.report());
    suite
        .notes
        .push(format!("lines: {}", conformance.summary()));
    // The lines of tests that never ran say nothing.
    let is_judged = conformance.ending.is_success() || conformance.heard.tally.failed > 0;
    let faults = conformance.standing().faults();
    suite.ended("the suite", conformance.ending, conformance.heard);
    for fault in faults.iter().filter(|_| is_judged) {
        suite.fail(fault);
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
    match fuzzing::in_short()? {
        Some((run, problems)) => {
            suite.tally.passed += run - problems.len();
            for problem in problems {
                suite.fail(&problem);
            }
        }
        None => suite
            .notes
            .push("the corpora alone; `cargo xtask proof fuzz` goes on from them".to_owned()),
    }
    Ok(())
}

fn examples(suite: &mut Suite) -> Result<(), XtaskError> {
    if suite.must(cargo("build").args(EXAMPLES))? {
        suite.tests(cargo("test").args(EXAMPLES).arg("--no-fail-fast"))?;
    }
    Ok(())
}

/// In a clone that takes what is built here already: how long it takes says nothing then.
fn tutorial(suite: &mut Suite) -> Result<(), XtaskError> {
    if KEYCLOAK.set_up_by(setup::tutorial).are_ready(suite)? {
        suite.passes_without(&reader::run(true)?);
    }
    Ok(())
}

fn readmes_of_templates(suite: &mut Suite) -> Result<(), XtaskError> {
    let keycloak = KEYCLOAK.set_up_by(setup::readmes);
    for servers in [GRPC, NGINX, keycloak] {
        if !servers.are_ready(suite)? {
            return Ok(());
        }
    }
    if suite.must(cargo("build").args(EXAMPLES))? {
        suite.passes_without(&readmes::run(&[])?);
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

fn book(suite: &mut Suite) -> Result<(), XtaskError> {
    suite.passes_without(&pages::build()?);
    Ok(())
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
        Ok(faults) => suite.passes_without(&faults),
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
    use super::{super::servers::Tests, *};

    #[test]
    fn each_integration_test_belongs_to_one_suite() {
        let all = Targets::read().unwrap();
        let is_together = |package: &str| package != targets::APART;
        let of_others =
            all.integration_tests(|package| OTHERS.contains(&package) && is_together(package));
        let of_none = all.integration_tests(|package| !OTHERS.contains(&package));
        assert!(of_others.is_disjoint(&of_none));
        let conformance = all.integration_tests(|package| package == OTHERS[0]);
        let mut found: Vec<_> = conformance.into_iter().collect();
        found.extend(ALL.iter().flat_map(|step| match step.run {
            Run::With(RealServers {
                tests: Tests::Together(names),
                ..
            }) => names,
            _ => &[],
        }));
        found.sort_unstable();
        assert_eq!(found, of_others.into_iter().collect::<Vec<_>>());
    }
}
