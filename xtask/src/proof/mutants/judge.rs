use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
    iter,
    path::Path,
    time::Duration,
};

use super::{
    list::Mutant,
    programs::{AT_A_TIME, Ending, Program, Told},
    reach::Test,
    rooms::LIBRARY,
};
use crate::error::XtaskError;

/// What is most likely to catch a mutant is run first, and more only where that has not: so many tests at a time.
const PORTIONS: [usize; 2] = [6, 30];
/// Where nothing is left out, the rest goes on like that.
const REST: usize = 200;
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
    /// No test could tell.
    Survived(Asked),
    /// It has to be built by itself, which was not done yet.
    LeftOut,
}

/// How many tests could not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked {
    /// Not known of one that is built by itself.
    pub(super) tests: Option<usize>,
    /// Whether no others come by the mutant.
    pub(super) are_all: bool,
}

/// How many of the tests that come by a mutant are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effort {
    /// Those that are the likeliest to tell.
    Likeliest,
    All,
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
    /// How many of them are in the same file: who comes by many is about that, too.
    nearby: usize,
    /// How many words its name has in common with the name of the file.
    words: usize,
    program: usize,
    test: usize,
}

impl Judge {
    /// Of tests, and of the mutants whose numbers these know.
    pub(super) fn new(programs: Vec<(Program, Vec<Test>)>, mutants: &[Mutant]) -> Self {
        let files = mutants.iter().map(|mutant| mutant.file.as_path());
        let words: HashMap<&Path, Vec<String>> = files.map(|file| (file, words(file))).collect();
        let mut by_mutant: HashMap<usize, Vec<_>> = HashMap::new();
        for (program, (_, tests)) in programs.iter().enumerate() {
            for (place, test) in tests.iter().enumerate() {
                let file = |mutant: &usize| mutants.get(*mutant).map(|it| it.file.as_path());
                let mut nearby: HashMap<_, usize> = HashMap::new();
                for mutant in &test.reaches {
                    *nearby.entry(file(mutant)).or_default() += 1;
                }
                for mutant in test.reaches.union(&test.may_reach) {
                    let words = file(mutant).and_then(|file| words.get(file));
                    let words = words.into_iter().flatten();
                    by_mutant.entry(*mutant).or_default().push(Witness {
                        is_doubtful: !test.reaches.contains(mutant),
                        is_slow: test.took > SLOW,
                        reaches: test.reaches.len(),
                        took: test.took,
                        nearby: nearby.get(&file(mutant)).copied().unwrap_or_default(),
                        words: words.filter(|word| test.name.contains(&**word)).count(),
                        program,
                        test: place,
                    });
                }
            }
        }
        let by_mutant = by_mutant.into_iter();
        Self {
            programs,
            by_mutant: by_mutant.map(|(it, tests)| (it, in_turns(tests))).collect(),
        }
    }

    /// Runs tests that come by a mutant until one of them fails.
    pub(super) fn fate(&self, mutant: usize, effort: Effort) -> Result<Fate, XtaskError> {
        let all = self.by_mutant.get(&mutant);
        let all = all.map(Vec::as_slice).unwrap_or_default();
        // To wait for a slow one takes longer than it is worth where others are left out, too.
        let is_chosen = |one: &&Witness| effort == Effort::All || !one.is_slow;
        let chosen: Vec<_> = all.iter().filter(is_chosen).copied().collect();
        let mut rest = chosen.as_slice();
        let mut asked = 0;
        let more = match effort {
            Effort::Likeliest => 0,
            Effort::All => usize::MAX,
        };
        let portions = PORTIONS.into_iter().chain(iter::repeat_n(REST, more));
        for portion in portions {
            let (witnesses, others) = rest.split_at(portion.min(rest.len()));
            rest = others;
            asked += witnesses.len();
            for (at, (program, tests)) in self.programs.iter().enumerate() {
                let here = witnesses.iter().filter(|one| one.program == at);
                let here = here.filter_map(|one| tests.get(one.test)).collect();
                if let Some(fate) = told_apart(program, here, mutant)? {
                    return Ok(fate);
                }
            }
            if rest.is_empty() {
                break;
            }
        }
        let are_all = asked == all.len();
        let tests = Some(asked);
        Ok(Fate::Survived(Asked { tests, are_all }))
    }
}

/// Those that come by little, those that come by much of the same file, and those that are named like it, in turns.
fn in_turns(mut witnesses: Vec<Witness>) -> Vec<Witness> {
    witnesses.sort_unstable();
    let mut nearby = witnesses.clone();
    nearby.sort_by_key(|one| (one.is_doubtful, one.is_slow, Reverse(one.nearby)));
    let mut named = witnesses.clone();
    named.sort_by_key(|one| (one.is_doubtful, one.is_slow, Reverse(one.words)));
    let all = witnesses.into_iter().zip(nearby).zip(named);
    let mut known = HashSet::new();
    let mut in_turns: Vec<_> = all
        .flat_map(|((one, another), third)| [one, another, third])
        .collect();
    in_turns.retain(|one| known.insert((one.program, one.test)));
    in_turns
}

/// What a file is named after, in the singular.
fn words(file: &Path) -> Vec<String> {
    let file = file.strip_prefix(LIBRARY).unwrap_or(file);
    let name = file.with_extension("");
    let name = name.to_string_lossy();
    let words = name.split(['/', '_']).filter(|word| *word != "mod");
    words
        .map(|word| word.trim_end_matches('s').to_owned())
        .collect()
}

/// What tests make of a mutant, if they can tell it from the library. A test that fails for another reason than the
/// mutant says nothing: what has failed has to fail once more, and to be green without the mutant. What did not end is not
/// waited for a second time.
fn told_apart(
    program: &Program,
    mut tests: Vec<&Test>,
    mutant: usize,
) -> Result<Option<Fate>, XtaskError> {
    while !tests.is_empty() {
        let (fate, failed) = match run(program, &tests, Told::Mutant(mutant))? {
            Ending::Green => return Ok(None),
            Ending::Red(failed) => (Fate::Caught, failed),
            Ending::TookTooLong => (Fate::TimedOut, Vec::new()),
        };
        let is_meant = |test: &&Test| failed.is_empty() || failed.contains(&test.name);
        let (meant, others): (Vec<_>, Vec<_>) = tests.into_iter().partition(is_meant);
        if meant.is_empty() {
            return Ok(None);
        }
        let is_told =
            fate == Fate::TimedOut || run(program, &meant, Told::Mutant(mutant))? != Ending::Green;
        if is_told && run(program, &meant, Told::Nothing)? == Ending::Green {
            return Ok(Some(fate));
        }
        tests = others;
    }
    Ok(None)
}

fn run(program: &Program, tests: &[&Test], told: Told<'_>) -> Result<Ending, XtaskError> {
    let took = tests.iter().map(|test| test.took);
    let at_best = took.clone().sum::<Duration>() / AT_A_TIME;
    let limit = LEAST + FACTOR * at_best.max(took.max().unwrap_or_default());
    let names: Vec<_> = tests.iter().map(|test| &test.name).collect();
    program.run(&names, told, limit)
}

#[cfg(all(test, unix))]
mod tests {
    use std::{
        collections::BTreeSet, env, fs, io, os::unix::fs::PermissionsExt, path::PathBuf, process,
    };

    use super::*;

    fn test(name: &str, reaches: &[usize]) -> Test {
        Test {
            name: name.into(),
            took: Duration::ZERO,
            reaches: reaches.iter().copied().collect(),
            may_reach: BTreeSet::from([7]),
        }
    }

    /// A program of tests that is removed again.
    struct Script(PathBuf);

    impl Script {
        fn new(name: &str, text: &str) -> io::Result<Self> {
            let path = env::temp_dir().join(format!("portcullis-{name}-{}", process::id()));
            fs::write(&path, format!("#!/bin/sh\n{text}\n"))?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
            Ok(Self(path))
        }

        fn judge(&self, tests: Vec<Test>) -> Judge {
            let program = Program::new("script".into(), self.0.clone(), env::temp_dir());
            Judge::new(vec![(program, tests)], &[])
        }
    }

    impl Drop for Script {
        fn drop(&mut self) {
            let _ = fs::remove_file(&self.0);
        }
    }

    fn survived(tests: usize) -> Fate {
        let tests = Some(tests);
        Fate::Survived(Asked {
            tests,
            are_all: true,
        })
    }

    #[test]
    fn only_the_tests_that_come_by_a_mutant_are_asked() {
        // The first three are options; what is red is the test `a` of the mutant 3, and all of the mutant 7.
        let script = r#"case "$PORTCULLIS_MUTANT $4" in "3 a"|7*) exit 1;; esac"#;
        let script = Script::new("judge", script).unwrap();
        let judge = script.judge(vec![test("a", &[3, 4]), test("b", &[4, 5])]);
        let fate = |mutant| judge.fate(mutant, Effort::All).unwrap();
        assert_eq!(fate(3), Fate::Caught);
        assert_eq!(fate(4), survived(2));
        assert_eq!(fate(7), Fate::Caught);
        assert_eq!(fate(6), survived(0));
    }

    #[test]
    fn a_test_that_fails_without_the_mutant_as_well_says_nothing() {
        // `a` is red whatever the library is, and `b` of the mutant 3.
        let script = r#"case "$PORTCULLIS_MUTANT $*" in *" a"*) echo "test a ... FAILED"; exit 1;;
            3*" b"*) echo "test b ... FAILED"; exit 1;; esac"#;
        let script = Script::new("red", script).unwrap();
        let judge = script.judge(vec![test("a", &[3, 4]), test("b", &[3, 4])]);
        assert_eq!(judge.fate(3, Effort::All).unwrap(), Fate::Caught);
        assert_eq!(judge.fate(4, Effort::All).unwrap(), survived(2));
    }

    #[test]
    fn a_test_that_fails_once_and_not_again_says_nothing() {
        let script = r#"[ -e "$0.red" ] || { touch "$0.red"; echo "test a ... FAILED"; exit 1; }"#;
        let script = Script::new("flaky", script).unwrap();
        let judge = script.judge(vec![test("a", &[3])]);
        let fate = judge.fate(3, Effort::All);
        fs::remove_file(script.0.with_extension("red")).unwrap();
        assert_eq!(fate.unwrap(), survived(1));
    }

    #[test]
    fn the_likeliest_tests_are_not_all() {
        // What is red is the test 99 of the mutant, which is slow.
        let script = r#"case "$PORTCULLIS_MUTANT $*" in 3*" 99"*) exit 1;; esac"#;
        let script = Script::new("effort", script).unwrap();
        let tests = (0..99).map(|name| test(&name.to_string(), &[3]));
        let slow = Test {
            took: 2 * SLOW,
            ..test("99", &[3])
        };
        let judge = script.judge(tests.chain([slow]).collect());
        let asked = Asked {
            tests: Some(36),
            are_all: false,
        };
        let fate = judge.fate(3, Effort::Likeliest).unwrap();
        assert_eq!(fate, Fate::Survived(asked));
        assert_eq!(judge.fate(3, Effort::All).unwrap(), Fate::Caught);
    }

    #[test]
    fn who_is_about_the_file_is_asked_early() {
        let witness = |test, reaches, nearby, words| Witness {
            is_doubtful: false,
            is_slow: false,
            reaches,
            took: Duration::ZERO,
            nearby,
            words,
            program: 0,
            test,
        };
        let all = vec![
            witness(0, 9, 9, 0),
            witness(1, 2, 1, 0),
            witness(2, 3, 1, 0),
            witness(3, 9, 1, 2),
        ];
        let order: Vec<_> = in_turns(all).iter().map(|one| one.test).collect();
        assert_eq!(order, [1, 0, 3, 2]);
        let file = Path::new(LIBRARY).join("verify/jwt/verified_tokens.rs");
        assert_eq!(words(&file), ["verify", "jwt", "verified", "token"]);
    }
}
