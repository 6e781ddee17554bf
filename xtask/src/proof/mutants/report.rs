use std::{collections::BTreeMap, mem, time::Duration};

use serde::{Deserialize, Serialize};

use super::{Shard, found::Found};
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

/// All parts that were run so far.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Report {
    /// Nothing lives without a reason, no part is left to be run, and all parts together are all there is.
    is_good: bool,
    mutants_in_all: usize,
    mutants_tried: usize,
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
    seconds: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Survivor {
    mutant: String,
    shard: String,
    reason: String,
}

/// Those that have survived so far.
pub(super) fn survivors() -> Result<Vec<String>, XtaskError> {
    let mut names: Vec<_> = last()?
        .survivors
        .into_iter()
        .map(|one| one.mutant)
        .collect();
    names.dedup();
    Ok(names)
}

/// Puts one part into the report.
pub(super) fn keep(
    shard: Shard,
    in_all: usize,
    took: Duration,
    found: Found,
) -> Result<Verdict, XtaskError> {
    let mut report = last()?;
    report.mutants_in_all = in_all;
    report.join(shard, took, found);
    written(report)
}

/// Says of those that had survived what has become of them since, and how many mutants there are now.
pub(super) fn keep_survivors(in_all: usize, found: &Found) -> Result<Verdict, XtaskError> {
    let mut report = last()?;
    report.mutants_in_all = in_all;
    report.look_again(found);
    written(report)
}

fn written(mut report: Report) -> Result<Verdict, XtaskError> {
    let path = workspace_root().join(ARGUED);
    let argued: BTreeMap<String, String> = toml::from_str(&read(&path)?)
        .map_err(|error: toml::de::Error| malformed(&path, error.to_string()))?;
    report.sum(&argued);
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

impl Report {
    /// Takes this part in, instead of what was said of the same part. Parts of another number of parts are
    /// forgotten: they overlap.
    fn join(&mut self, shard: Shard, took: Duration, found: Found) {
        let name = shard.to_string();
        let stays = |other: &str| other != name && parts(other) == shard.parts();
        self.shards.retain(|row| stays(&row.shard));
        self.survivors.retain(|survivor| stays(&survivor.shard));
        self.shards.push(Row {
            shard: name.clone(),
            caught: found.caught.len(),
            unviable: found.unviable.len(),
            timed_out: found.timed_out.len(),
            survived: found.missed.len(),
            seconds: took.as_secs(),
        });
        self.survivors
            .extend(found.missed.into_iter().map(|mutant| Survivor {
                mutant,
                shard: name.clone(),
                reason: String::new(),
            }));
    }

    /// Takes in what has become of the survivors. One that is in none of the lists is no longer made: what it
    /// changed is another code now, and its part, which nobody has tried since, is forgotten.
    fn look_again(&mut self, found: &Found) {
        let lists = [
            &found.missed,
            &found.caught,
            &found.unviable,
            &found.timed_out,
        ];
        let gone: Vec<String> = self
            .survivors
            .iter()
            .filter(|one| !lists.iter().any(|list| list.contains(&one.mutant)))
            .map(|one| one.shard.clone())
            .collect();
        self.shards.retain(|row| !gone.contains(&row.shard));
        for survivor in mem::take(&mut self.survivors) {
            let of_it = |row: &&mut Row| row.shard == survivor.shard;
            let Some(row) = self.shards.iter_mut().find(of_it) else {
                continue;
            };
            let name = &survivor.mutant;
            if found.missed.contains(name) {
                self.survivors.push(survivor);
                continue;
            }
            row.survived = row.survived.saturating_sub(1);
            if found.caught.contains(name) {
                row.caught += 1;
            } else if found.unviable.contains(name) {
                row.unviable += 1;
            } else {
                row.timed_out += 1;
            }
        }
    }

    fn sum(&mut self, argued: &BTreeMap<String, String>) {
        for survivor in &mut self.survivors {
            survivor.reason = argued.get(&survivor.mutant).cloned().unwrap_or_default();
        }
        let sum = |figure: fn(&Row) -> usize| self.shards.iter().map(figure).sum::<usize>();
        self.caught = sum(|row| row.caught);
        self.unviable = sum(|row| row.unviable);
        self.timed_out = sum(|row| row.timed_out);
        self.survived = self.survivors.len();
        self.mutants_tried = self.caught + self.unviable + self.timed_out + self.survived;
        let unargued = self.survivors.iter().filter(|one| one.reason.is_empty());
        self.survived_without_a_reason = unargued.count();
        self.shards_run = self.shards.len();
        self.is_good = self.is_good_so_far() && self.is_all_run();
    }

    fn is_all_run(&self) -> bool {
        let all = self.shards.first().map_or(0, |row| parts(&row.shard));
        self.shards_run == all
    }

    /// Where each part was run, all parts together have to be all there is: some may be of another code.
    fn is_good_so_far(&self) -> bool {
        self.survived_without_a_reason == 0
            && self.caught > 0
            && (!self.is_all_run() || self.mutants_tried == self.mutants_in_all)
    }
}

/// How many parts there are beside this one, with it.
fn parts(shard: &str) -> usize {
    shard.parse().map_or(0, Shard::parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shard(text: &str) -> Shard {
        text.parse().unwrap()
    }

    fn found(caught: usize, missed: &[&str]) -> Found {
        Found {
            caught: vec!["caught".to_owned(); caught],
            missed: missed.iter().map(|&name| name.to_owned()).collect(),
            ..Found::default()
        }
    }

    /// The report after these parts, one after the other, of so many mutants.
    fn after(in_all: usize, parts: &[(&str, usize, &[&str])]) -> Report {
        let mut report = Report {
            mutants_in_all: in_all,
            ..Report::default()
        };
        for (part, caught, missed) in parts {
            report.join(shard(part), Duration::ZERO, found(*caught, missed));
        }
        report.sum(&BTreeMap::from([("b".to_owned(), "why".to_owned())]));
        report
    }

    fn figures(report: &Report) -> [usize; 4] {
        [
            report.caught,
            report.survived,
            report.survived_without_a_reason,
            report.shards_run,
        ]
    }

    #[test]
    fn parts_are_summed_and_each_counts_once() {
        let first: (_, _, &[&str]) = ("0/2", 3, &["a", "b"]);
        assert_eq!(figures(&after(9, &[first])), [3, 2, 1, 1]);
        let second: (_, _, &[&str]) = ("1/2", 4, &[]);
        let report = after(9, &[first, second]);
        assert_eq!(figures(&report), [7, 2, 1, 2]);
        assert_eq!(report.mutants_tried, 9);
        assert!(!report.is_good);
        let report = after(9, &[first, second, ("0/2", 4, &["b"])]);
        assert_eq!(figures(&report), [8, 1, 0, 2]);
        assert!(report.is_good);
        let report = after(9, &[first, second, ("0/3", 1, &[])]);
        assert_eq!(figures(&report), [1, 0, 0, 1]);
    }

    #[test]
    fn a_part_is_not_all_of_them() {
        let one = after(7, &[("0/2", 3, &[])]);
        assert!(one.is_good_so_far() && !one.is_good);
        let both = after(7, &[("0/2", 3, &[]), ("1/2", 4, &[])]);
        assert!(both.is_good);
        let all = after(7, &[("0/1", 7, &[])]);
        assert!(all.is_good);
        assert!(!after(0, &[]).is_good);
    }

    #[test]
    fn parts_that_are_not_together_all_there_is_are_not_good() {
        for in_all in [6, 8] {
            let all = after(in_all, &[("0/2", 3, &[]), ("1/2", 4, &[])]);
            assert_eq!((all.mutants_tried, all.is_good), (7, false), "{in_all}");
            assert!(!all.is_good_so_far(), "{in_all}");
        }
    }

    #[test]
    fn one_that_lives_twice_counts_twice() {
        let report = after(3, &[("0/1", 1, &["a", "a"])]);
        assert_eq!(figures(&report), [1, 2, 2, 1]);
    }

    #[test]
    fn survivors_are_looked_at_again() {
        let mut report = after(8, &[("0/2", 3, &["a", "b", "d"]), ("1/2", 1, &["c"])]);
        report.look_again(&Found {
            caught: vec!["a".to_owned()],
            timed_out: vec!["c".to_owned()],
            missed: vec!["b".to_owned()],
            unviable: vec!["d".to_owned()],
        });
        report.sum(&BTreeMap::new());
        assert_eq!(figures(&report), [5, 1, 1, 2]);
        let others = (report.timed_out, report.unviable, report.mutants_tried);
        assert_eq!(others, (1, 1, 8));
        let rows: Vec<_> = report.shards.iter().map(|row| row.survived).collect();
        assert_eq!(rows, [1, 0]);
    }

    #[test]
    fn a_part_of_which_a_survivor_is_no_longer_made_is_forgotten() {
        let mut report = after(6, &[("0/2", 3, &["b", "gone"]), ("1/2", 0, &["b"])]);
        report.look_again(&found(0, &["b"]));
        report.sum(&BTreeMap::new());
        assert_eq!(figures(&report), [0, 1, 1, 1]);
        assert_eq!(report.mutants_tried, 1);
        let rows: Vec<_> = report.shards.iter().map(|row| &*row.shard).collect();
        assert_eq!(rows, ["1/2"]);
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
