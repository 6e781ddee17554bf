//! Tests of the tests: the library is changed in one place after the other, and each time a test has to fail. What
//! survives is listed with the reason in `tests/mutants.toml`, or it is a failure.
//!
//! cargo-mutants knows the changes. Nearly all are built into one library, which is told by the environment which of
//! them it is; each is then held against the tests that come by it, and against no others. The few that cannot be
//! built beside the code they replace are left to cargo-mutants.

mod alone;
mod build;
mod found;
mod judge;
mod kept_keys;
mod list;
mod messages;
mod programs;
mod reach;
mod report;
mod rooms;
mod switch;
mod turns;
mod weave;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
    ptr,
    time::Instant,
};

use clap::Args;

use self::{
    judge::{Effort, Fate, Judge},
    list::Mutant,
    report::Report,
    rooms::{ROOMS, turn},
};
use super::{repository, tree};
use crate::{
    Verdict,
    cargo::{program, target_dir},
    error::XtaskError,
    files::unwritable,
    tool::Tool,
};

const MUTANTS: Tool<'static> = Tool {
    name: "cargo-mutants",
    version: "27.1.0",
    options: &["--debug"],
};

/// Which mutants are made.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Choice {
    /// Rooms of the library, or parts of them, such as `binding` or `verify/jwt`; all without.
    rooms: Vec<String>,
    /// Those of the report that have survived so far, now held against all tests that come by them.
    #[arg(long)]
    survivors: bool,
    /// Those that have to be built by themselves, one after the other.
    #[arg(long, conflicts_with = "survivors")]
    alone: bool,
    /// Also those of files that were judged as they are.
    #[arg(long)]
    again: bool,
    /// How many are judged at a time.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
}

/// `cargo xtask proof mutants`: what is not judged yet, of some rooms or of all.
pub(super) fn run(choice: &Choice) -> Result<Verdict, XtaskError> {
    let bench = Bench::ready()?;
    let mutants = list::read(&mut bench.mutants())?;
    let sources = repository::sources(mutants.iter().map(|mutant| mutant.file.as_path()))?;
    let mut report = Report::last(&sources)?;
    let is_chosen = |mutant: &&Mutant| turn(&choice.rooms, &mutant.file).is_some();
    if choice.alone {
        let left_out = report.left_out();
        let chosen = mutants.iter().filter(is_chosen);
        let chosen: Vec<_> = chosen
            .filter(|it| left_out.contains(&*it.name_anywhere()))
            .collect();
        alone::judge(&bench, &chosen, |fates| {
            report.look_again(fates);
            report.keep(&mutants)
        })?;
        return report.end(&mutants);
    }
    let woven = Woven::ready(&bench, &mutants, choice.jobs)?;
    if choice.survivors {
        let survivors = report.survivors();
        let chosen = mutants.iter().filter(is_chosen);
        let chosen: Vec<_> = chosen
            .filter(|it| survivors.contains(&*it.name_anywhere()))
            .collect();
        report.look_again(&woven.fates(&chosen, Effort::All)?);
        return report.end(&mutants);
    }
    let commit = repository::commit()?;
    for (file, mutants_there) in by_file(&mutants, &choice.rooms) {
        let name = file.to_string_lossy();
        if report.knows(&name) && !choice.again {
            continue;
        }
        let started = Instant::now();
        let fates = woven.fates(&mutants_there, Effort::Likeliest)?;
        let source = sources.get(&*name).map(String::as_str).unwrap_or_default();
        report.join((&name, source, &commit), &fates);
        report.keep(&mutants)?;
        println!(
            "{name}: {} in {} s",
            fates.len(),
            started.elapsed().as_secs()
        );
    }
    report.end(&mutants)
}

/// Files and their mutants, in the order of the rooms that are named, or else the most dangerous first.
fn by_file<'a>(mutants: &'a [Mutant], rooms: &[String]) -> Vec<(&'a Path, Vec<&'a Mutant>)> {
    let mut files: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for mutant in mutants {
        let file = mutant.file.as_path();
        if let Some(turn) = turn(rooms, file) {
            files.entry((turn, file)).or_default().push(mutant);
        }
    }
    let files = files.into_iter();
    files.map(|((_, file), mutants)| (file, mutants)).collect()
}

/// Where mutants come from.
struct Bench {
    tool: PathBuf,
    tree: PathBuf,
    folder: PathBuf,
}

impl Bench {
    fn ready() -> Result<Self, XtaskError> {
        Ok(Self {
            tool: MUTANTS.ready()?,
            tree: tree::fresh()?,
            folder: target_dir().join("proof/mutants"),
        })
    }

    /// cargo-mutants, told which mutants are meant.
    fn mutants(&self) -> Command {
        let mut mutants = program(&self.tool);
        mutants.args(["mutants", "--package=portcullis", "--all-features"]);
        mutants.arg("--dir").arg(&self.tree);
        mutants.args(["--exclude", "**/tests.rs", "--exclude", "**/tests/**"]);
        // What is printed for who debugs is nobody's promise, but for what it hides: to print nothing hides that too.
        mutants.args(["--exclude-re", "impl fmt::Debug"]);
        for room in ROOMS {
            mutants.args(["--file", &rooms::files(room)]);
        }
        mutants
    }
}

/// All mutants in one library, and who judges them.
struct Woven<'a> {
    mutants: &'a [Mutant],
    judge: Judge,
    unviable: BTreeSet<usize>,
    left_out: BTreeSet<usize>,
    jobs: usize,
}

impl<'a> Woven<'a> {
    fn ready(bench: &Bench, mutants: &'a [Mutant], jobs: usize) -> Result<Self, XtaskError> {
        let built = build::built(&bench.tree, &bench.folder, mutants)?;
        let keys = kept_keys::folder();
        fs::create_dir_all(&keys).map_err(unwritable(&keys))?;
        let reach = bench.folder.join("reach");
        let mut programs = Vec::new();
        for program in built.programs {
            let tests = reach::tests(&program, &reach, jobs)?;
            programs.push((program, tests));
        }
        println!(
            "{} do not build, {} are left out",
            built.unviable.len(),
            built.left_out.len()
        );
        Ok(Self {
            mutants,
            judge: Judge::new(programs, mutants),
            unviable: built.unviable,
            left_out: built.left_out,
            jobs,
        })
    }

    /// What becomes of those mutants.
    fn fates<'m>(
        &self,
        chosen: &[&'m Mutant],
        effort: Effort,
    ) -> Result<Vec<(&'m Mutant, Fate)>, XtaskError> {
        turns::taken(chosen, self.jobs, |_, mutant| {
            let number = self.mutants.iter().position(|one| ptr::eq(one, *mutant));
            let fate = match number {
                Some(number) if self.unviable.contains(&number) => Fate::Unviable,
                Some(number) if !self.left_out.contains(&number) => {
                    self.judge.fate(number, effort)?
                }
                _ => Fate::LeftOut,
            };
            if matches!(fate, Fate::Survived(_) | Fate::TimedOut) {
                println!("{fate:?}: {}", mutant.name);
            }
            Ok((*mutant, fate))
        })
    }
}
