use std::collections::BTreeMap;

use super::{
    checklist::Checklist,
    deviations::Deviations,
    line::{LineId, LineTests, Section},
};

/// How many lines stand how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) total: usize,
    pub(crate) passed: usize,
    pub(crate) deviating: usize,
    pub(crate) failed: usize,
    pub(crate) missing: usize,
}

/// The checklist held against the tests and the deviations.
#[derive(Debug, Default)]
pub(crate) struct Standing {
    sections: BTreeMap<Section, Count>,
    missing: Vec<LineId>,
    contradictions: Vec<String>,
    notes: Vec<String>,
}

impl Standing {
    pub(crate) fn of(checklist: &Checklist, tests: &LineTests, deviations: &Deviations) -> Self {
        let mut standing = Self::default();
        for id in checklist.ids() {
            standing.add(id, tests.passed(id), deviations.reason(id));
        }
        for id in deviations.ids().filter(|&id| !checklist.has(id)) {
            standing
                .contradictions
                .push(format!("{id} is a deviation from no line of the checklist"));
        }
        for id in tests.ids().filter(|&id| !checklist.has(id)) {
            standing
                .notes
                .push(format!("{id} has tests and is no line of this checklist"));
        }
        standing
    }

    fn add(&mut self, id: LineId, passed: Option<bool>, deviation: Option<&str>) {
        let count = self.sections.entry(id.section).or_default();
        count.total += 1;
        match (passed, deviation) {
            (Some(_), Some(_)) => {
                count.failed += 1;
                self.contradictions
                    .push(format!("{id} has tests and stands among the deviations"));
            }
            (Some(true), None) => count.passed += 1,
            (Some(false), None) => {
                count.failed += 1;
                self.notes.push(format!("{id} failed"));
            }
            (None, Some(reason)) => {
                count.deviating += 1;
                self.notes.push(format!("{id} deviates: {reason}"));
            }
            (None, None) => {
                count.missing += 1;
                self.missing.push(id);
            }
        }
    }

    pub(crate) fn sections(&self) -> impl Iterator<Item = (Section, Count)> {
        self.sections
            .iter()
            .map(|(&section, &count)| (section, count))
    }

    pub(crate) fn sum(&self) -> Count {
        self.sections
            .values()
            .fold(Count::default(), |sum, count| Count {
                total: sum.total + count.total,
                passed: sum.passed + count.passed,
                deviating: sum.deviating + count.deviating,
                failed: sum.failed + count.failed,
                missing: sum.missing + count.missing,
            })
    }

    /// How many lines make a run bad although every test passed.
    pub(crate) fn wrong(&self) -> usize {
        self.missing.len() + self.contradictions.len()
    }

    /// Those lines, and what is wrong with them.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = self.contradictions.clone();
        if !self.missing.is_empty() {
            let missing: Vec<String> = self.missing.iter().map(LineId::to_string).collect();
            faults.push(format!(
                "neither tested nor deviating: {}",
                missing.join(", ")
            ));
        }
        faults
    }

    /// What a reader wants to know besides.
    pub(crate) fn notes(&self) -> &[String] {
        &self.notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::libtest::Outcome;

    const CHECKLIST: &str = "A1 one\nA2 two\nA3 three\nB1 four\n";

    fn standing(tests: &[(&str, Outcome)], deviating: &[&str]) -> Standing {
        let mut lines = LineTests::default();
        for &(name, outcome) in tests {
            lines.add(name, outcome);
        }
        let entry = |line: &&str| format!("[[deviation]]\nline = \"{line}\"\nreason = \"later\"\n");
        let deviations: String = deviating.iter().map(entry).collect();
        Standing::of(
            &Checklist::of(CHECKLIST),
            &lines,
            &Deviations::of(&deviations),
        )
    }

    #[test]
    fn tested_or_explained_is_good() {
        let tests = [
            ("a1_x", Outcome::Passed),
            ("a::a1_y", Outcome::Passed),
            ("a2_x", Outcome::Passed),
            ("b1_x", Outcome::Passed),
        ];
        let standing = standing(&tests, &["A3"]);
        assert_eq!(standing.wrong(), 0);
        let sum = Count {
            total: 4,
            passed: 3,
            deviating: 1,
            ..Count::default()
        };
        assert_eq!(standing.sum(), sum);
        assert_eq!(standing.sections().count(), 2);
    }

    #[test]
    fn one_failed_test_fails_its_line() {
        let standing = standing(&[("a1_x", Outcome::Passed), ("a1_y", Outcome::Failed)], &[]);
        assert_eq!(standing.sum().failed, 1);
        assert_eq!(standing.sum().passed, 0);
    }

    #[test]
    fn neither_tested_nor_explained_is_missing() {
        let standing = standing(&[("a1_x", Outcome::Ignored)], &["A2", "A3", "B1"]);
        assert_eq!(standing.faults(), ["neither tested nor deviating: A1"]);
        assert_eq!(standing.sum().missing, 1);
    }

    #[test]
    fn tested_and_explained_is_a_contradiction() {
        let standing = standing(&[("a1_x", Outcome::Passed)], &["A1", "A2", "A3", "B1"]);
        assert_eq!(
            standing.faults(),
            ["A1 has tests and stands among the deviations"]
        );
    }

    #[test]
    fn a_deviation_from_nothing_is_a_contradiction() {
        let standing = standing(&[("b1_x", Outcome::Passed)], &["A1", "A2", "A3", "Z9"]);
        assert_eq!(
            standing.faults(),
            ["Z9 is a deviation from no line of the checklist"]
        );
    }

    #[test]
    fn a_test_of_another_line_is_only_noted() {
        let standing = standing(
            &[("x31_header", Outcome::Passed)],
            &["A1", "A2", "A3", "B1"],
        );
        assert_eq!(standing.wrong(), 0);
        assert!(standing.notes().iter().any(|note| note.starts_with("X31")));
    }
}
