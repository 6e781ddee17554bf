//! What shows that the library may be trusted, and takes too long to be run at every change. Each part
//! leaves its report in `reports/`, and `docs/proof.md` shows them.

mod coverage;
pub(crate) mod fuzz;
mod model;
pub(crate) mod mutants;
mod repository;
pub(crate) mod supply_chain;
mod tree;

use clap::Subcommand;

use crate::{Verdict, error::XtaskError, reports::page};

/// One part of the proof.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Part {
    /// Licenses, sources, features, oldest dependencies, public types, bill of materials, releasing, publishing.
    SupplyChain(supply_chain::Extent),
    /// The lines of the library that its tests run.
    Coverage,
    /// Change the library in one place after the other, and see that a test fails each time.
    Mutants(mutants::Choice),
    /// Have libFuzzer make up what strangers may send, and hold what becomes of it against a second reading.
    Fuzz(fuzz::Extent),
    /// Play a million random schedules, and explore the orders in which threads and tasks meet.
    Model,
    /// Write the figures of `reports/` into `docs/proof.md` again.
    Page,
}

impl Part {
    /// All parts as they are run where none is named, the quick ones first.
    fn all() -> [Self; 5] {
        [
            Self::SupplyChain(supply_chain::Extent::default()),
            Self::Coverage,
            Self::Model,
            Self::Fuzz(fuzz::Extent::default()),
            Self::Mutants(mutants::Choice::default()),
        ]
    }

    fn run(&self) -> Result<Verdict, XtaskError> {
        match self {
            Self::SupplyChain(extent) => supply_chain::run(extent),
            Self::Coverage => coverage::run(),
            Self::Mutants(choice) => mutants::run(choice),
            Self::Fuzz(extent) => fuzz::run(extent),
            Self::Model => model::run(),
            Self::Page => page::write().map(|()| Verdict::Good),
        }
    }
}

/// `cargo xtask proof`: the part that is named, or all of them. No failure stops it.
pub(crate) fn run(named: Option<Part>) -> Result<Verdict, XtaskError> {
    let parts = named.map_or_else(|| Part::all().to_vec(), |part| vec![part]);
    let mut is_good = true;
    for (at, part) in parts.iter().enumerate() {
        println!("\n=== [{}/{}] {part:?} ===", at + 1, parts.len());
        match part.run() {
            Ok(verdict) => is_good &= verdict == Verdict::Good,
            Err(error) => {
                eprintln!("error: {error}");
                is_good = false;
            }
        }
    }
    Ok(Verdict::good_if(is_good))
}
