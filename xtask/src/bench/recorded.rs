use std::{collections::BTreeMap, env, fs, path::PathBuf, process::Command};

use serde::{Deserialize, Serialize};

use crate::{cargo::workspace_root, error::XtaskError, files};

/// By how much a case may grow before it is a regression.
const TOLERANCE: f64 = 0.05;
/// So few instructions are no difference: where the allocator finds a free piece takes as many.
const NOTHING: f64 = 100.0;

/// Instructions of each case, and where they were counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Counts {
    /// The compiler and the processor: with another of either the counts differ for no fault, since
    /// cryptography and copying are chosen by what a processor can do.
    pub(super) toolchain: String,
    pub(super) instructions: BTreeMap<String, u64>,
}

/// What a case has become.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Change {
    Same,
    Faster,
    Slower,
    /// Nobody has recorded what it took.
    New,
}

impl Counts {
    pub(super) fn counted(instructions: BTreeMap<String, u64>) -> Self {
        Self {
            toolchain: toolchain(),
            instructions,
        }
    }

    /// Those recorded last.
    pub(super) fn recorded() -> Result<Self, XtaskError> {
        files::read_json(&file())
    }

    pub(super) fn record(&self) -> Result<(), XtaskError> {
        let path = file();
        files::write(&path, &files::json(&path, self)?)
    }

    /// The lesser of two counts of each case that both have.
    pub(super) fn least(mut self, other: &Self) -> Self {
        for (case, count) in &mut self.instructions {
            if let Some(&again) = other.instructions.get(case) {
                *count = again.min(*count);
            }
        }
        self
    }

    /// What each case has become since then.
    pub(super) fn since(&self, recorded: &Self) -> Vec<(String, Change)> {
        let cases = self.instructions.iter();
        cases
            .map(|(case, &now)| {
                let change = match recorded.instructions.get(case) {
                    None => Change::New,
                    Some(&then) => change(then as f64, now as f64),
                };
                (case.clone(), change)
            })
            .collect()
    }
}

fn change(then: f64, now: f64) -> Change {
    if (now - then).abs() < NOTHING {
        Change::Same
    } else if now > then * (1.0 + TOLERANCE) {
        Change::Slower
    } else if now < then * (1.0 - TOLERANCE) {
        Change::Faster
    } else {
        Change::Same
    }
}

fn file() -> PathBuf {
    workspace_root().join("bench").join("instructions.json")
}

fn toolchain() -> String {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let said = Command::new(rustc).arg("--version").output();
    let version = said.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let version = version.unwrap_or_default();
    format!("{version}, {}, {}", env::consts::ARCH, processor())
}

/// Which processor this is, as Linux tells it.
fn processor() -> String {
    let told = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let about = |name: &str| {
        let mut lines = told.lines().filter_map(|line| line.split_once(':'));
        let found = lines.find(|(about, _)| about.trim() == name);
        found.map_or("", |(_, said)| said.trim()).to_owned()
    };
    let [maker, family, model] = ["vendor_id", "cpu family", "model"].map(about);
    format!("{maker} {family}.{model}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(cases: &[(&str, u64)]) -> Counts {
        let cases = cases.iter().map(|&(case, count)| (case.to_owned(), count));
        Counts::counted(cases.collect())
    }

    #[test]
    fn of_two_counts_the_lesser_is_meant() {
        let once = counts(&[("a", 3), ("b", 1), ("c", 5)]);
        let again = counts(&[("a", 2), ("b", 9)]);
        assert_eq!(once.least(&again), counts(&[("a", 2), ("b", 1), ("c", 5)]));
    }

    #[test]
    fn five_per_cent_more_are_a_regression() {
        let then = counts(&[("a", 10_000), ("b", 10_000), ("c", 10_000), ("e", 500)]);
        let now = counts(&[
            ("a", 10_500),
            ("b", 10_501),
            ("c", 9_499),
            ("d", 1),
            ("e", 599),
        ]);
        let changes: Vec<Change> = now
            .since(&then)
            .into_iter()
            .map(|(_, change)| change)
            .collect();
        assert_eq!(
            changes,
            [
                Change::Same,
                Change::Slower,
                Change::Faster,
                Change::New,
                Change::Same
            ]
        );
    }
}
