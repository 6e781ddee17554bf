use std::{collections::BTreeMap, fs, path::Path};

use portcullis_bench::Failure;
use serde::{Deserialize, Serialize};

use crate::machine::Machine;

/// What one run has shown: `bench/report.json`. Everything in `docs/` is made of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The day of the run.
    pub date: String,
    /// Where it ran.
    pub machine: Machine,
    /// The versions of the peers, and of what they stand on.
    pub versions: BTreeMap<String, String>,
    /// What is to be reached, and what was.
    pub figures: Vec<Figure>,
    /// Microseconds of a whole request with a known token, by whoever verified it.
    pub latency: BTreeMap<String, f64>,
    /// Nanoseconds of a whole request, by what there was a lot of.
    pub growth: BTreeMap<String, f64>,
    /// The share of the requests that the bare route answers, by what stands before it.
    pub throughput: BTreeMap<String, f64>,
    /// Single figures that the model of `docs/scaling.md` stands on, and others worth a word.
    pub constants: BTreeMap<String, f64>,
    /// Instructions by callgrind.
    pub instructions: BTreeMap<String, u64>,
    /// Peers that could not be measured, and why.
    pub failures: BTreeMap<String, String>,
}

/// One figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Its name.
    pub id: String,
    /// What it is counted in.
    pub unit: String,
    /// What it was.
    pub value: f64,
    /// What nobody could do better, measured in the same run.
    pub limit: f64,
    /// Who came nearest.
    pub peer: Option<String>,
    /// And how near.
    pub peer_value: Option<f64>,
    /// What is to be reached.
    pub goal: String,
    /// Whether it was.
    pub met: bool,
}

impl Report {
    /// Reads a report.
    ///
    /// # Errors
    /// When there is none.
    pub fn read(file: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
        Ok(serde_json::from_str(&text)?)
    }

    /// Writes it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, file: &Path) -> Result<(), Failure> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        Ok(fs::write(file, text)?)
    }

    /// A figure by its name.
    #[must_use]
    pub fn figure(&self, id: &str) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.id == id)
    }
}

impl Figure {
    pub(crate) fn new(id: &str, unit: &str, value: f64) -> Self {
        Self {
            id: id.to_owned(),
            unit: unit.to_owned(),
            value: rounded(value),
            limit: 0.0,
            peer: None,
            peer_value: None,
            goal: String::new(),
            met: false,
        }
    }

    pub(crate) fn limit(mut self, limit: f64) -> Self {
        self.limit = rounded(limit);
        self
    }

    pub(crate) fn beside(mut self, (peer, value): (String, f64)) -> Self {
        self.peer = Some(peer);
        self.peer_value = Some(rounded(value));
        self
    }

    pub(crate) fn goal(mut self, goal: &str, met: bool) -> Self {
        goal.clone_into(&mut self.goal);
        self.met = met;
        self
    }
}

/// A thousandth of anything here is below what can be measured.
pub(crate) fn rounded(figure: f64) -> f64 {
    (figure * 1000.0).round() / 1000.0
}
