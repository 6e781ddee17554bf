//! What shows that the library may be trusted, and takes too long to be run at every change. Each part
//! leaves its report in `reports/`, and `docs/proof.md` shows them.

use clap::Subcommand;

use crate::{Verdict, error::XtaskError, reports::page};

/// One part of the proof.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Part {
    /// Write the figures of `reports/` into `docs/proof.md` again.
    Page,
}

impl Part {
    /// All parts as they are run where none is named, the quick ones first.
    fn all() -> [Self; 1] {
        [Self::Page]
    }

    fn run(&self) -> Result<Verdict, XtaskError> {
        match self {
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
