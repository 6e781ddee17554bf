use std::{collections::HashMap, time::Duration};

use super::{
    programs::{Ending, Program, Told},
    reach::Test,
};
use crate::error::XtaskError;

/// What is most likely to catch a mutant is run first, and the rest only where that has not: so many tests at a time.
const PORTIONS: [usize; 3] = [6, 40, usize::MAX];
/// Asked when all others have been.
const SLOW: Duration = Duration::from_secs(4);
/// What a mutant may take longer than the code that it replaces.
const FACTOR: u32 = 5;
const LEAST: Duration = Duration::from_secs(15);

/// What became of a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// A test has failed.
    Caught,
    /// A test did not end.
    TimedOut,
    /// It does not build, and so says nothing.
    Unviable,
    /// No test could tell, of so many that come by it, where that is known.
    Survived { tests: Option<usize> },
    /// It has to be built by itself, which was not done yet.
    LeftOut,
}

/// Tests that are green without a mutant, by the mutants that they come by.
#[derive(Debug)]
pub(super) struct Judge {
    programs: Vec<(Program, Vec<Test>)>,
    by_mutant: HashMap<usize, Vec<Witness>>,
}

/// A test that may tell of a mutant; the likeliest is the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Witness {
    /// Whether another one may have come by in its stead.
    is_doubtful: bool,
    is_slow: bool,
    /// How many mutants it comes by: who comes by little is about that.
    reaches: usize,
    took: Duration,
    program: usize,
    test: usize,
}

impl Judge {
    pub(super) fn new(programs: Vec<(Program, Vec<Test>)>) -> Self {
        let mut by_mutant: HashMap<usize, Vec<_>> = HashMap::new();
        for (program, (_, tests)) in programs.iter().enumerate() {
            for (place, test) in tests.iter().enumerate() {
                for mutant in test.reaches.union(&test.may_reach) {
                    by_mutant.entry(*mutant).or_default().push(Witness {
                        is_doubtful: !test.reaches.contains(mutant),
                        is_slow: test.took > SLOW,
                        reaches: test.reaches.len(),
                        took: test.took,
                        program,
                        test: place,
                    });
                }
            }
        }
        for witnesses in by_mutant.values_mut() {
            witnesses.sort_unstable();
        }
        Self {
            programs,
            by_mutant,
        }
    }

    /// Runs the tests that come by a mutant until one of them fails.
    pub(super) fn fate(&self, mutant: usize) -> Result<Fate, XtaskError> {
        let all = self.by_mutant.get(&mutant);
        let all = all.map(Vec::as_slice).unwrap_or_default();
        let mut rest = all;
        for portion in PORTIONS {
            let (witnesses, others) = rest.split_at(portion.min(rest.len()));
            rest = others;
            for (at, (program, tests)) in self.programs.iter().enumerate() {
                let here = witnesses.iter().filter(|one| one.program == at);
                let here: Vec<_> = here.filter_map(|one| tests.get(one.test)).collect();
                match ending(program, &here, mutant)? {
                    Ending::Green => {}
                    Ending::Red => return Ok(Fate::Caught),
                    Ending::TookTooLong => return Ok(Fate::TimedOut),
                }
            }
        }
        let tests = all.iter().filter(|one| !one.is_doubtful).count();
        Ok(Fate::Survived { tests: Some(tests) })
    }
}

fn ending(program: &Program, tests: &[&Test], mutant: usize) -> Result<Ending, XtaskError> {
    if tests.is_empty() {
        return Ok(Ending::Green);
    }
    let limit = LEAST + FACTOR * tests.iter().map(|test| test.took).sum::<Duration>();
    let names: Vec<_> = tests.iter().map(|test| &test.name).collect();
    program.run(&names, Told::Mutant(mutant), limit)
}

#[cfg(all(test, unix))]
mod tests {
    use std::{collections::BTreeSet, env, fs, os::unix::fs::PermissionsExt, process};

    use super::*;

    fn test(name: &str, reaches: &[usize]) -> Test {
        Test {
            name: name.into(),
            took: Duration::ZERO,
            reaches: reaches.iter().copied().collect(),
            may_reach: BTreeSet::from([7]),
        }
    }

    #[test]
    fn only_the_tests_that_come_by_a_mutant_are_asked() {
        // The first three are options; what is red is the test `a` of the mutant 3, and all of the mutant 7.
        let script = r#"case "$PORTCULLIS_MUTANT $4" in "3 a"|7*) exit 1;; esac"#;
        let path = env::temp_dir().join(format!("portcullis-judge-{}", process::id()));
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let program = Program::new("judge".into(), path.clone(), env::temp_dir());
        let tests = vec![test("a", &[3, 4]), test("b", &[4, 5])];
        let judge = Judge::new(vec![(program, tests)]);
        assert_eq!(judge.fate(3).unwrap(), Fate::Caught);
        assert_eq!(judge.fate(4).unwrap(), Fate::Survived { tests: Some(2) });
        assert_eq!(judge.fate(7).unwrap(), Fate::Caught);
        assert_eq!(judge.fate(6).unwrap(), Fate::Survived { tests: Some(0) });
        fs::remove_file(path).unwrap();
    }
}
