//! The report on a run: what was reached, as a table, as `bench/report.json`, as charts and as the
//! figures in `docs/`.

mod charts;
mod choice;
mod figures;
mod machine;
mod measured;
mod page;
mod performance;
mod report;
mod scaling;
mod side_by_side;
mod versions;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use portcullis_bench::Failure;

pub use crate::{
    machine::Machine,
    measured::Measured,
    performance::table,
    report::{Figure, Report},
};

/// The folder of the repository.
#[must_use]
pub fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// Where the report is.
#[must_use]
pub fn report_file() -> PathBuf {
    repository().join("bench/report.json")
}

/// The instruction counts that were recorded last.
///
/// # Errors
/// When there are none.
pub fn recorded_instructions() -> Result<BTreeMap<String, u64>, Failure> {
    #[derive(serde::Deserialize)]
    struct Recorded {
        instructions: BTreeMap<String, u64>,
    }
    let file = repository().join("bench/instructions.json");
    let recorded: Recorded = serde_json::from_str(&fs::read_to_string(file)?)?;
    Ok(recorded.instructions)
}

/// Every file in `docs/` that shows figures, as it has to be by this report.
///
/// # Errors
/// When a page has no place for them.
pub fn documents(report: &Report) -> Result<Vec<(PathBuf, String)>, Failure> {
    let docs = repository().join("docs");
    let page = |name: &str, blocks: &[(&str, String)]| -> Result<_, Failure> {
        let file = docs.join(name);
        let text = fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
        let text = page::with(&text, blocks)
            .map_err(|block| format!("{name} has no place for {block}"))?;
        Ok((file, text))
    };
    let mut documents = vec![
        page("performance.md", &performance::blocks(report))?,
        page("scaling.md", &scaling::blocks(report))?,
        page("local-or-introspection.md", &choice::blocks(report))?,
    ];
    for (name, chart) in charts::all(report)? {
        documents.push((docs.join("charts").join(name), chart));
    }
    Ok(documents)
}
