//! Which test comes by which mutants: no other test can catch them.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};

use super::{
    programs::{Program, Told},
    switch, turns,
};
use crate::{
    error::XtaskError,
    files::{self, read_json, unreadable, unwritable},
    libtest::{Line, Outcome},
};

/// So many tests are run together. What is done by a thread that is no test's may be any one's of them.
const TOGETHER: usize = 40;
/// A test that takes longer says nothing here.
const LIMIT: Duration = Duration::from_secs(10 * 60);

/// A test that is green without a mutant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Test {
    pub(super) name: String,
    /// How long it took, beside others.
    pub(super) took: Duration,
    /// The mutants that it comes by, by their numbers.
    pub(super) reaches: BTreeSet<usize>,
    /// Those that it may come by, or one of the tests beside it.
    pub(super) may_reach: BTreeSet<usize>,
}

/// The tests of one program, as long as that is not built again.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    built: Option<SystemTime>,
    tests: Vec<Test>,
}

/// The tests of a program that are green without a mutant, each with what it comes by. They are run for that, unless
/// `folder` has them from this very build.
pub(super) fn tests(
    program: &Program,
    folder: &Path,
    jobs: usize,
) -> Result<Vec<Test>, XtaskError> {
    let executable = program.executable();
    let modified = fs::metadata(executable).and_then(|file| file.modified());
    let built = Some(modified.map_err(unreadable(executable))?);
    let name = executable.file_name().unwrap_or_default();
    let path = folder.join(name).with_extension("json");
    if path.exists() {
        let kept: Kept = read_json(&path)?;
        if kept.built == built {
            return Ok(kept.tests);
        }
    }
    let names = program.tests()?;
    println!("{}: where {} tests come by", program.name(), names.len());
    fs::create_dir_all(folder).map_err(unwritable(folder))?;
    let portions: Vec<_> = names.chunks(TOGETHER).collect();
    let tests = turns::taken(&portions, jobs, |at, names| {
        let record = folder.join(format!("{}-{at}", program.name()));
        together(program, names, &record)
    })?;
    let tests: Vec<Test> = tests.into_iter().flatten().collect();
    let kept = Kept { built, tests };
    files::write(&path, &files::json(&path, &kept)?)?;
    Ok(kept.tests)
}

/// Some tests beside each other.
fn together(program: &Program, names: &[String], record: &Path) -> Result<Vec<Test>, XtaskError> {
    // One that was left there by a run that was broken off.
    let _ = fs::remove_file(record);
    let said = record.with_extension("txt");
    program.run(
        names,
        Told::Record {
            record,
            said: &said,
        },
        LIMIT,
    )?;
    let recorded = fs::read(record).unwrap_or_default();
    let tests = read(
        names,
        &files::read(&said)?,
        &String::from_utf8_lossy(&recorded),
    );
    // There is none where no test comes by a mutant.
    let _ = fs::remove_file(record);
    fs::remove_file(&said).map_err(unwritable(&said))?;
    for name in names {
        if !tests.iter().any(|test| test.name == *name) {
            let program = program.name();
            println!("{program}: {name} is not green without a mutant, and left out");
        }
    }
    Ok(tests)
}

/// The tests that are green, out of what their program has said and the library has recorded.
fn read(names: &[String], said: &str, recorded: &str) -> Vec<Test> {
    let times: BTreeMap<&str, Duration> = said.lines().filter_map(green).collect();
    let mut reached: HashMap<&str, BTreeSet<usize>> = HashMap::new();
    let mut may_reach = BTreeSet::new();
    for (number, thread) in switch::recorded(recorded) {
        if names.iter().any(|name| name == thread) {
            reached.entry(thread).or_default().insert(number);
        } else {
            may_reach.insert(number);
        }
    }
    let tests = times.into_iter().map(|(name, took)| Test {
        name: name.to_owned(),
        took,
        reaches: reached.remove(name).unwrap_or_default(),
        may_reach: may_reach.clone(),
    });
    tests.collect()
}

/// A test that is green, and how long it took: `test a ... ok <0.010s>`.
fn green(line: &str) -> Option<(&str, Duration)> {
    let Some(Line::Test {
        name,
        outcome: Outcome::Passed,
    }) = Line::parse(line)
    else {
        return None;
    };
    let (_, time) = line.rsplit_once('<')?;
    let seconds = time.strip_suffix("s>")?.parse().ok()?;
    Some((name, Duration::try_from_secs_f64(seconds).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_read_with_what_they_come_by() {
        let said = "running 3 tests\ntest a ... ok <0.500s>\ntest b::c ... ok <1.000s>\n\
                    test d ... FAILED <1.000s>\ntest e ... ignored\n";
        let recorded = "1 a\n2 a\n2 d\n3 \n4 tokio-rt-worker\n1 b::c\n";
        let names = ["a", "b::c", "d", "e"].map(str::to_owned);
        let test = |name: &str, took, reaches: &[usize]| Test {
            name: name.to_owned(),
            took: Duration::from_millis(took),
            reaches: reaches.iter().copied().collect(),
            may_reach: BTreeSet::from([3, 4]),
        };
        let tests = [test("a", 500, &[1, 2]), test("b::c", 1000, &[1])];
        assert_eq!(read(&names, said, recorded), tests);
    }
}
