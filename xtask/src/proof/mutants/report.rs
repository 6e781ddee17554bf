use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::Path,
};

use serde::{Deserialize, Serialize};

use super::Shard;
use crate::{
    Verdict,
    cargo::workspace_root,
    error::XtaskError,
    files::{malformed, read, read_json},
    reports::{self, Made},
};

/// Why a mutant may live, by its name.
const ARGUED: &str = "tests/mutants.toml";
const NAME: &str = "mutants";

/// What became of the mutants of one run, each by its file and what was done there: lines move.
#[derive(Debug, Default)]
pub(super) struct Found {
    caught: usize,
    unviable: usize,
    timed_out: BTreeSet<String>,
    missed: BTreeSet<String>,
}

impl Found {
    /// Reads the lists that cargo-mutants leaves.
    pub(super) fn read(folder: &Path) -> Result<Self, XtaskError> {
        let list = |name: &str| -> Result<Vec<String>, XtaskError> {
            let path = folder.join(name);
            match fs::read_to_string(&path) {
                Ok(text) => Ok(text.lines().map(without_place).collect()),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
                Err(source) => Err(XtaskError::Read { path, source }),
            }
        };
        Ok(Self {
            caught: list("caught.txt")?.len(),
            unviable: list("unviable.txt")?.len(),
            timed_out: list("timeout.txt")?.into_iter().collect(),
            missed: list("missed.txt")?.into_iter().collect(),
        })
    }

    /// This run and the one that looked at what it had left.
    pub(super) fn then(self, second: Self) -> Self {
        Self {
            caught: self.caught + second.caught,
            unviable: self.unviable.max(second.unviable),
            ..second
        }
    }
}

/// `a/b.rs:12:5: replace f` without the place, which moves with every edit.
fn without_place(line: &str) -> String {
    let place = line.split_once(':').and_then(|(file, rest)| {
        let (_, what) = rest.split_once(": ")?;
        Some(format!("{file}: {what}"))
    });
    place.unwrap_or_else(|| line.to_owned())
}

/// All parts that were run so far.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Report {
    /// Nothing lives without a reason, and no part is left to be run.
    is_good: bool,
    caught: usize,
    /// What did not build, and so says nothing.
    unviable: usize,
    /// What made a test run on for ever, which is a failure of that test.
    timed_out: usize,
    survived: usize,
    survived_without_a_reason: usize,
    shards_run: usize,
    shards: Vec<Row>,
    survivors: Vec<Survivor>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Row {
    shard: String,
    caught: usize,
    unviable: usize,
    timed_out: usize,
    survived: usize,
}

#[derive(Debug, Serialize, Deserialize)]
struct Survivor {
    mutant: String,
    shard: String,
    reason: String,
}

/// Puts one part into the report.
pub(super) fn keep(shard: Shard, found: Found) -> Result<Verdict, XtaskError> {
    let path = workspace_root().join(ARGUED);
    let argued: BTreeMap<String, String> = toml::from_str(&read(&path)?)
        .map_err(|error: toml::de::Error| malformed(&path, error.to_string()))?;
    let report = joined(last()?, shard, found, &argued);
    // One part is good where nothing lives without a reason, though the others are still to be run.
    let verdict = Verdict::good_if(report.is_good_so_far());
    let command = Made::by("cargo xtask proof mutants --shard …");
    reports::keep(NAME, &command, &report)?;
    Ok(verdict)
}

fn last() -> Result<Report, XtaskError> {
    let path = workspace_root().join(format!("reports/{NAME}.json"));
    if !path.exists() {
        return Ok(Report::default());
    }
    read_json(&path)
}

/// The report with this part in it, instead of what it said of the same part. Parts of another number of
/// parts are forgotten: they overlap.
fn joined(
    mut report: Report,
    shard: Shard,
    found: Found,
    argued: &BTreeMap<String, String>,
) -> Report {
    let name = shard.to_string();
    let (_, of) = name.split_once('/').unwrap_or_default();
    let stays = |other: &str| other != name && other.ends_with(&format!("/{of}"));
    report.shards.retain(|row| stays(&row.shard));
    report.survivors.retain(|survivor| stays(&survivor.shard));
    report.shards.push(Row {
        shard: name.clone(),
        caught: found.caught,
        unviable: found.unviable,
        timed_out: found.timed_out.len(),
        survived: found.missed.len(),
    });
    report
        .survivors
        .extend(found.missed.into_iter().map(|mutant| Survivor {
            mutant,
            shard: name.clone(),
            reason: String::new(),
        }));
    for survivor in &mut report.survivors {
        survivor.reason = argued.get(&survivor.mutant).cloned().unwrap_or_default();
    }
    let sum = |figure: fn(&Row) -> usize| report.shards.iter().map(figure).sum();
    report.caught = sum(|row| row.caught);
    report.unviable = sum(|row| row.unviable);
    report.timed_out = sum(|row| row.timed_out);
    report.survived = report.survivors.len();
    let unargued = report
        .survivors
        .iter()
        .filter(|survivor| survivor.reason.is_empty());
    report.survived_without_a_reason = unargued.count();
    report.shards_run = report.shards.len();
    report.is_good = report.is_good_so_far() && report.shards_run == shard.parts();
    report
}

impl Report {
    fn is_good_so_far(&self) -> bool {
        self.survived_without_a_reason == 0 && self.caught > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(caught: usize, missed: &[&str]) -> Found {
        Found {
            caught,
            missed: missed.iter().map(|&name| name.to_owned()).collect(),
            ..Found::default()
        }
    }

    #[test]
    fn a_mutant_is_known_without_its_line() {
        let line = "crates/a/src/b.rs:12:5: replace f -> bool with true";
        assert_eq!(
            without_place(line),
            "crates/a/src/b.rs: replace f -> bool with true"
        );
    }

    #[test]
    fn parts_are_summed_and_each_counts_once() {
        let shard = |text: &str| text.parse::<Shard>().unwrap();
        let argued = BTreeMap::from([("b".to_owned(), "why".to_owned())]);
        let report = joined(
            Report::default(),
            shard("0/2"),
            found(3, &["a", "b"]),
            &argued,
        );
        assert_eq!(
            (
                report.caught,
                report.survived,
                report.survived_without_a_reason
            ),
            (3, 2, 1)
        );
        let report = joined(report, shard("1/2"), found(4, &[]), &argued);
        assert_eq!(
            (report.caught, report.survived, report.shards_run),
            (7, 2, 2)
        );
        assert!(!report.is_good);
        let report = joined(report, shard("0/2"), found(4, &["b"]), &argued);
        assert_eq!(
            (
                report.caught,
                report.survived,
                report.survived_without_a_reason
            ),
            (8, 1, 0)
        );
        assert!(report.is_good);
        let report = joined(report, shard("0/3"), found(1, &[]), &argued);
        assert_eq!(
            (report.caught, report.survived, report.shards_run),
            (1, 0, 1)
        );
    }

    #[test]
    fn a_part_is_not_all_of_them() {
        let shard = |text: &str| text.parse::<Shard>().unwrap();
        let argued = BTreeMap::new();
        let one = joined(Report::default(), shard("0/2"), found(3, &[]), &argued);
        assert!(one.is_good_so_far() && !one.is_good);
        let both = joined(one, shard("1/2"), found(4, &[]), &argued);
        assert!(both.is_good);
        let all = joined(Report::default(), Shard::ALL, found(7, &[]), &argued);
        assert!(all.is_good);
    }

    #[test]
    fn the_second_run_looks_at_what_the_first_has_left() {
        let both = found(3, &["a", "b"]).then(found(1, &["b"]));
        assert_eq!((both.caught, both.missed.len()), (4, 1));
    }

    #[test]
    fn every_reason_is_said_of_something() {
        let path = workspace_root().join(ARGUED);
        let argued: BTreeMap<String, String> = toml::from_str(&read(&path).unwrap()).unwrap();
        for (mutant, reason) in argued {
            let file = mutant.split_once(": ").map(|(file, _)| file).unwrap();
            assert!(workspace_root().join(file).is_file(), "{file}");
            assert!(reason.len() > 20, "{mutant}");
        }
    }
}
