//! What each published crate is made of, in `CycloneDX`: `target/proof/sbom/crates/*/*.cdx.json`.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{
    checks::tool,
    copy::copied,
    outcome::{Outcome, judged},
    packages::PUBLISHED,
};
use crate::{cargo::program, error::XtaskError, files::read_json, tool::Tool};

const CYCLONEDX: Tool<'static> = tool("cargo-cyclonedx", "0.5.9");

#[derive(Debug, Deserialize)]
struct Bill {
    components: Vec<Component>,
}

#[derive(Debug, Deserialize)]
struct Component {
    name: String,
    version: String,
}

/// Makes one for each of them.
pub(super) fn made() -> Result<Outcome, XtaskError> {
    let copy = copied("sbom")?;
    let mut cyclonedx = program(CYCLONEDX.ready()?);
    cyclonedx.args(["cyclonedx", "--format", "json", "--all-features"]);
    cyclonedx
        .arg("--manifest-path")
        .arg(copy.join("Cargo.toml"));
    let outcome = judged(&mut cyclonedx)?;
    if !outcome.is_good() {
        return Ok(outcome);
    }
    let mut components = BTreeSet::new();
    let mut wrong = Vec::new();
    for package in PUBLISHED {
        let folder = copy.join("crates").join(package);
        let bill: Bill = read_json(&folder.join(format!("{package}.cdx.json")))?;
        if bill.components.is_empty() {
            wrong.push(format!("{package} is made of nothing"));
        }
        let named = bill.components.into_iter();
        components.extend(named.map(|component| (component.name, component.version)));
    }
    let good = format!(
        "{} crates are made of {} components",
        PUBLISHED.len(),
        components.len()
    );
    Ok(Outcome::of(&wrong, good))
}
