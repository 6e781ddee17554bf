//! Tests of the tests: the library is changed in one place after the other, by cargo-mutants, and each time a
//! test has to fail. What survives is listed with the reason in `tests/mutants.toml`, or it is a failure.

mod found;
mod report;
mod shard;

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use clap::Args;

use self::found::Found;
pub(crate) use self::shard::Shard;
use super::tree;
use crate::{
    Verdict,
    cargo::{cargo_unlocked, program, shown, target_dir},
    error::XtaskError,
    files::{malformed, unwritable},
    tool::Tool,
    watch::watch_for,
};

const MUTANTS: Tool<'static> = Tool {
    name: "cargo-mutants",
    version: "27.1.0",
    options: &["--debug"],
};
/// The rooms that are looked at first: where most of what lets somebody in is decided, though not all of it.
const ROOMS: [&str; 5] = [
    "authenticate",
    "verify",
    "binding",
    "revocation",
    "rejection",
];
const LIMIT: Duration = Duration::from_secs(48 * 60 * 60);
/// Longer than it takes to build the tests and to run them once.
const LIMIT_UNMUTATED: Duration = Duration::from_secs(2 * 60 * 60);
/// The library's own tests catch most, and are quick.
const OWN: Tests = Tests {
    name: "own",
    packages: &["portcullis"],
    programs: "--lib",
};
/// The others are asked about what those have missed.
const OTHERS: Tests = Tests {
    name: "others",
    packages: &["portcullis", "portcullis-conformance"],
    programs: "--test=*",
};

/// Crowds of ten thousands take longer than all the rest, and are about speed.
const SKIPPED: [&str; 1] = ["--skip=keys_in_a_crowd"];

/// Which mutants are made.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct Choice {
    /// A part of them, such as `3/40`; all are made without.
    #[arg(long)]
    shard: Option<Shard>,
    /// Those of the report that have survived so far.
    #[arg(long, conflicts_with = "shard")]
    survivors: bool,
}

/// Tests that are built and run together.
struct Tests {
    name: &'static str,
    packages: &'static [&'static str],
    /// Which of their programs are built and run.
    programs: &'static str,
}

/// `cargo xtask proof mutants`: one part of them, or all.
pub(super) fn run(choice: Choice) -> Result<Verdict, XtaskError> {
    let bench = Bench::ready()?;
    bench.unmutated(&OTHERS)?;
    let started = Instant::now();
    if choice.survivors {
        let found = bench.survivors(&report::survivors()?)?;
        return report::keep_survivors(bench.count()?, &found);
    }
    let shard = choice.shard.unwrap_or(Shard::ALL);
    let in_all = bench.count()?;
    let mut part = vec!["--shard".to_owned(), shard.to_string()];
    part.push("--sharding=round-robin".to_owned());
    let found = bench.tried(&part)?;
    report::keep(shard, in_all, started.elapsed(), found)
}

/// Where mutants are made and tried.
struct Bench {
    tool: PathBuf,
    tree: PathBuf,
    folder: PathBuf,
}

impl Bench {
    fn ready() -> Result<Self, XtaskError> {
        Ok(Self {
            tool: MUTANTS.ready()?,
            tree: tree::fresh()?,
            folder: target_dir().join("proof/mutants"),
        })
    }

    /// How many mutants there are.
    fn count(&self) -> Result<usize, XtaskError> {
        let mut list = self.mutants();
        let output = list.arg("--list").output();
        let output = output.map_err(|source| XtaskError::Start {
            program: MUTANTS.name.into(),
            source,
        })?;
        if !output.status.success() {
            return Err(undone(output.status));
        }
        Ok(String::from_utf8_lossy(&output.stdout).lines().count())
    }

    /// What becomes of those mutants.
    fn tried(&self, choice: &[String]) -> Result<Found, XtaskError> {
        let own = self.tested(&OWN, choice)?;
        if own.missed.is_empty() {
            return Ok(own.without_places());
        }
        let missed = found::exactly(&own.missed);
        let others = self.tested(&OTHERS, &missed)?;
        Ok(own.then(&others).without_places())
    }

    fn survivors(&self, names: &[String]) -> Result<Found, XtaskError> {
        if names.is_empty() {
            return Ok(Found::default());
        }
        self.tried(&found::anywhere(names))
    }

    fn mutants(&self) -> Command {
        let mut mutants = program(&self.tool);
        mutants.args(["mutants", "--package=portcullis", "--all-features"]);
        mutants.arg("--dir").arg(&self.tree);
        mutants.args(["--exclude", "**/tests.rs", "--exclude", "**/tests/**"]);
        // What is printed for who debugs is nobody's promise, but for what it hides: to print nothing hides that too.
        mutants.args(["--exclude-re", "impl fmt::Debug"]);
        for room in ROOMS {
            mutants.args(["--file", &format!("crates/portcullis/src/{room}/**/*.rs")]);
        }
        mutants
    }

    /// What becomes of them by those tests.
    fn tested(&self, tests: &Tests, choice: &[String]) -> Result<Found, XtaskError> {
        let output = self.folder.join(tests.name);
        if output.exists() {
            fs::remove_dir_all(&output).map_err(unwritable(&output))?;
        }
        fs::create_dir_all(&output).map_err(unwritable(&output))?;
        let mut mutants = self.mutants();
        mutants.args(["--in-place", "--no-shuffle", "--colors=never", "--caught"]);
        mutants.arg("--minimum-test-timeout=60");
        mutants.args(choice);
        for package in tests.packages {
            mutants.arg(format!("--test-package={package}"));
        }
        mutants.arg("--output").arg(&output);
        // Said of builds and of runs alike: else all programs are built for each mutant.
        mutants.arg(format!("--cargo-arg={}", tests.programs));
        mutants.args(["--", "--"]).args(SKIPPED);
        let ending = watch_for(LIMIT, built_beside_others(&mut mutants), |_| {})?;
        // 2 says that some survived, 3 that some ran out of time: both are told by the lists.
        if matches!(ending.code(), Some(0 | 2 | 3)) {
            Found::read(&output.join("mutants.out"))
        } else {
            Err(undone(ending))
        }
    }

    /// Whether those tests are green while nothing is changed: to fail says nothing of a mutant otherwise.
    /// cargo-mutants looks at those of the package that it changes, and at no others.
    fn unmutated(&self, tests: &Tests) -> Result<(), XtaskError> {
        let mut command = tests.unmutated();
        command.current_dir(&self.tree);
        green(built_beside_others(&mut command))
    }
}

impl Tests {
    /// What runs them in a tree as it stands.
    fn unmutated(&self) -> Command {
        let mut command = cargo_unlocked("test");
        for package in self.packages {
            command.arg(format!("--package={package}"));
        }
        command.args(["--all-features", self.programs, "--"]);
        command.args(SKIPPED);
        command
    }
}

/// What a mutant costs is to be built. What it does not change is there already, from tests without it or from
/// other builds.
fn built_beside_others(command: &mut Command) -> &mut Command {
    command
        .env("CARGO_TARGET_DIR", target_dir())
        .env("CARGO_INCREMENTAL", "1")
}

fn green(command: &mut Command) -> Result<(), XtaskError> {
    let ending = watch_for(LIMIT_UNMUTATED, command, |_| {})?;
    if ending.is_success() {
        Ok(())
    } else {
        let reason = format!("not green without a mutant, so it would catch them all: {ending}");
        Err(malformed(Path::new(&shown(command)), reason))
    }
}

fn undone(ending: impl fmt::Display) -> XtaskError {
    malformed(
        Path::new(MUTANTS.name),
        format!("it could not be done: {ending}"),
    )
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn tests_that_are_red_without_a_mutant_are_not_gone_on_with() {
        assert!(green(&mut Command::new("true")).is_ok());
        let error = green(&mut Command::new("false")).unwrap_err();
        assert!(matches!(error, XtaskError::Malformed { .. }), "{error}");
    }

    #[test]
    fn the_checklist_is_run_unmutated_as_it_is_for_mutants() {
        let command = shown(&OTHERS.unmutated());
        for part in [
            "test --package=portcullis --package=portcullis-conformance --all-features",
            " --test=* -- --skip=keys_in_a_crowd",
        ] {
            assert!(command.contains(part), "{command}");
        }
    }
}
