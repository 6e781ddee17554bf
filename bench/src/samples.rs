use std::{collections::BTreeMap, env, fs, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::Failure;

/// What each case came to in each round.
pub type Rounds = BTreeMap<String, Vec<f64>>;

/// What a program has measured: cases that were measured side by side stand in one group.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Samples {
    /// The groups by name.
    pub groups: BTreeMap<String, Rounds>,
    /// What could not be measured, and why.
    pub failures: BTreeMap<String, String>,
}

impl Samples {
    /// One more group.
    pub fn add(&mut self, group: &str, rounds: Rounds) {
        self.groups
            .entry(group.to_owned())
            .or_default()
            .extend(rounds);
    }

    /// One more figure that is the same in every round.
    pub fn add_exact(&mut self, group: &str, case: &str, figure: f64) {
        let rounds = self.groups.entry(group.to_owned()).or_default();
        rounds.insert(case.to_owned(), vec![figure]);
    }

    /// Something that could not be measured.
    pub fn fail(&mut self, case: &str, why: &Failure) {
        eprintln!("{case}: {why}");
        self.failures.insert(case.to_owned(), why.to_string());
    }

    /// Leaves them where the report looks for them: `target/bench/<program>.json`, or in the folder
    /// that `PORTCULLIS_BENCH_DIR` names.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, program: &str) -> Result<(), Failure> {
        let folder = folder();
        fs::create_dir_all(&folder)?;
        let file = folder.join(program).with_extension("json");
        fs::write(&file, serde_json::to_string_pretty(self)?)?;
        println!("{program}: {}", file.display());
        Ok(())
    }

    /// What a program has left.
    ///
    /// # Errors
    /// When it has left nothing.
    pub fn read(program: &str) -> Result<Self, Failure> {
        let file = folder().join(program).with_extension("json");
        let text =
            fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        Ok(serde_json::from_str(&text)?)
    }
}

fn folder() -> PathBuf {
    env::var_os("PORTCULLIS_BENCH_DIR").map_or_else(|| "target/bench".into(), PathBuf::from)
}

/// The middle one.
#[must_use]
pub fn median(figures: &[f64]) -> Option<f64> {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    Some(f64::midpoint(*sorted.get(sorted.len() / 2 - 1)?, upper))
}

/// The middle of what two cases came to, round by round.
#[must_use]
pub fn median_of_pairs(a: &[f64], b: &[f64], figure: impl Fn(f64, f64) -> f64) -> Option<f64> {
    let pairs: Vec<f64> = a.iter().zip(b).map(|(&a, &b)| figure(a, b)).collect();
    median(&pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_between_the_two() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn pairs_are_compared_round_by_round() {
        let ratio = median_of_pairs(&[2.0, 40.0, 6.0], &[1.0, 20.0, 2.0], |a, b| a / b);
        assert_eq!(ratio, Some(2.0));
    }
}
