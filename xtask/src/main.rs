//! The commands of this repository: `cargo xtask test`, `cargo xtask conformance`,
//! `cargo xtask bench`, `cargo xtask proof`, `cargo xtask soak`, `cargo xtask templates`,
//! `cargo xtask book`, `cargo xtask tutorial`, `cargo xtask readmes`.
#![expect(
    clippy::print_stdout,
    reason = "a command line program speaks on stdout"
)]
#![expect(clippy::print_stderr, reason = "and says on stderr why it cannot")]

mod bench;
mod book;
mod cargo;
mod conformance;
mod error;
mod files;
mod libtest;
mod page;
mod process_tree;
mod proof;
mod readmes;
mod reports;
mod scratch;
mod setup;
mod soak;
mod table;
mod targets;
mod templates;
mod test;
mod tool;
mod tutorial;
mod watch;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand, builder::PossibleValuesParser};

use crate::{bench::Extent, conformance::Section};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The commands of this repository")]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run every test there is, and say at the end what ran and what could not.
    Test {
        /// These suites only.
        #[arg(value_name = "SUITE", value_parser = PossibleValuesParser::new(test::ids()))]
        suites: Vec<String>,
        /// For one suite beside others: writes what came of it to this file, and ends with its standard input.
        #[arg(long, hide = true, value_name = "FILE")]
        in_lane: Option<PathBuf>,
    },
    /// Run the conformance suite and count the lines of its checklist.
    Conformance {
        /// One section of the checklist only, such as `B`.
        #[arg(long)]
        section: Option<Section>,
    },
    /// Measure what a request costs, beside the peers, and write the report.
    Bench {
        /// Run everything for an instant, and write nothing.
        #[arg(long, conflicts_with_all = ["check", "record"])]
        quick: bool,
        /// Count instructions only, and fail where a case takes 5 % more than recorded.
        #[arg(long, conflicts_with = "record")]
        check: bool,
        /// Count instructions only, and record them.
        #[arg(long)]
        record: bool,
    },
    /// Run what proves most and takes longest; each part leaves its report in `reports/`.
    Proof {
        #[command(subcommand)]
        part: Option<proof::Part>,
    },
    /// Load real parts for a long time, with faults in it, and write the report.
    Soak {
        /// For how many minutes.
        #[arg(long, default_value_t = 20)]
        minutes: u32,
        /// How many requests a second.
        #[arg(long, default_value_t = 2000)]
        rate: u32,
    },
    /// Test the projects that `cargo generate` makes of `examples/template`.
    Templates {
        /// All templates on the newest dependencies instead, with a report.
        #[arg(long)]
        newest: bool,
    },
    /// Build the book of `docs/` and see that its links lead somewhere.
    Book,
    /// Do what the tutorial says, in a fresh clone, and hold what comes of it against its text.
    Tutorial {
        /// Take what this workspace has built and fetched already: for CI. The time says nothing then.
        #[arg(long)]
        warm: bool,
    },
    /// Do what the READMEs of the templates say, with a real Keycloak, and hold what comes of it against their
    /// texts.
    Readmes {
        /// Those of these templates only.
        #[arg(value_name = "TEMPLATE")]
        templates: Vec<String>,
    },
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Task::Test {
            suites,
            in_lane: None,
        } => test::run(&suites),
        Task::Test {
            suites,
            in_lane: Some(outcome),
        } => test::run_in_lane(&suites, &outcome),
        Task::Conformance { section } => conformance::only(section),
        Task::Proof { part } => proof::run(part),
        Task::Soak { minutes, rate } => soak::run(minutes, rate),
        Task::Templates { newest } => templates::run(newest),
        Task::Book => book::build().map(|faults| Verdict::without(&faults)),
        Task::Tutorial { warm } => tutorial::run(warm).map(|faults| Verdict::without(&faults)),
        Task::Readmes { templates } => {
            readmes::run(&templates).map(|faults| Verdict::without(&faults))
        }
        Task::Bench {
            quick,
            check,
            record,
        } => bench::run(match (quick, check, record) {
            (true, ..) => Extent::Quick,
            (_, true, _) => Extent::Check,
            (.., true) => Extent::Record,
            _ => Extent::Full,
        }),
    };
    match done {
        Ok(Verdict::Good) => ExitCode::SUCCESS,
        Ok(Verdict::Bad) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What is wrong, and has been shown: nothing where all is well.
type Faults = Vec<String>;

/// What a command comes to, once it could run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Good,
    Bad,
}

impl Verdict {
    fn good_if(good: bool) -> Self {
        if good { Self::Good } else { Self::Bad }
    }

    fn without(faults: &[String]) -> Self {
        Self::good_if(faults.is_empty())
    }
}
