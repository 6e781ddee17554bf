use std::time::Instant;

use super::{
    servers::{
        envoy, faults, grpc, keycloak, nginx, oidc_provider, playground, readmes_of_templates,
        redis, tutorial,
    },
    suite::{Suite, Wanting},
};
use crate::{
    bench, book as pages,
    cargo::cargo,
    conformance,
    error::XtaskError,
    proof::{fuzz as targets, supply_chain::deny},
    setup, templates,
};

/// A suite: what it is called on the command line and in the report, and how it runs.
pub(super) struct Step {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    run: fn(&mut Suite) -> Result<(), XtaskError>,
    /// For one whose outcome nothing changes that runs beside it, and that gives way to all of it.
    pub(super) ahead: Option<Ahead>,
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
        if let Err(error) = (self.run)(&mut suite) {
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
    step("playground", "playground in Chromium", playground),
    step("grpc", "gRPC over the wire", grpc),
    step("redis", "real Redis", redis),
    step("envoy", "real Envoy", envoy),
    step("oidc-provider", "real oidc-provider", oidc_provider),
    step("book", "book", book),
    step("benchmarks", "benchmarks", benchmarks),
    step("keycloak", "real Keycloak", keycloak),
    Step {
        ahead: Some(Ahead {
            after: "dependencies",
            prepare: setup::valgrind,
        }),
        ..step("instructions", "instructions of a request", instructions)
    },
    step("nginx", "real nginx", nginx),
    step("faults", "faults on real parts", faults),
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
        run,
        ahead: None,
    }
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
    match targets::in_short()? {
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

pub(super) const EXAMPLES: [&str; 3] = ["--manifest-path", "examples/Cargo.toml", "--workspace"];

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
