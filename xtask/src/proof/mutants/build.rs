use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::{Path, PathBuf},
    process::Stdio,
};

use serde::{Deserialize, Serialize};

use super::{
    kept_keys,
    list::Mutant,
    messages::{self, Complaint, Message, Spot},
    programs::Program,
    rooms::LIBRARY,
    switch,
    weave::{Without, asked_for_at, mutant_at, weave},
};
use crate::{
    cargo::{cargo_unlocked, target_dir},
    error::XtaskError,
    files::{json, malformed, read, read_json, write},
    proof::{repository, tree},
};

/// Each time some mutants less are woven; what is wrong with the types is told before what is wrong with borrowing.
const ATTEMPTS: usize = 40;

/// The library with all of its mutants in it, and its tests.
#[derive(Debug, Default)]
pub(super) struct Built {
    pub(super) programs: Vec<Program>,
    /// Mutants that do not build.
    pub(super) unviable: BTreeSet<usize>,
    /// Mutants that have to be built by themselves.
    pub(super) left_out: BTreeSet<usize>,
}

/// What could not be built the last time, with these sources. The numbers are those of these mutants.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    sources: BTreeMap<String, String>,
    #[serde(default)]
    mutants: Vec<String>,
    without: Without,
}

/// Builds all mutants of the `tree` at once, but for those that cannot be. Which those are is remembered in `folder` as
/// long as the library is the same.
pub(super) fn built(tree: &Path, folder: &Path, mutants: &[Mutant]) -> Result<Built, XtaskError> {
    let path = folder.join("not-built.json");
    let sources = repository::sources_below(Path::new(LIBRARY))?;
    let kept = if path.exists() {
        read_json(&path)?
    } else {
        Kept::default()
    };
    let names: Vec<_> = mutants.iter().map(|mutant| mutant.name.clone()).collect();
    let mut without = if kept.sources == sources && kept.mutants == names {
        kept.without
    } else {
        Without::default()
    };
    for _ in 0..ATTEMPTS {
        let mut woven = Woven::of(tree, mutants, &without)?;
        let said = built_so_far(&woven.tree)?;
        if said.is_success {
            woven.built.programs = said.programs;
            woven.built.unviable.extend(&without.unviable);
            woven.built.left_out.extend(&without.left_out);
            let kept = Kept {
                sources,
                mutants: names,
                without,
            };
            write(&path, &json(&path, &kept)?)?;
            return Ok(woven.built);
        }
        let before = without.clone();
        for complaint in &said.complaints {
            match woven.cause(complaint) {
                Some(Cause::Mutant(number)) => {
                    without.unviable.insert(number);
                }
                Some(Cause::Place(number)) => {
                    without.left_out.insert(number);
                }
                Some(Cause::Constant(name)) => {
                    without.constant.insert(name);
                }
                None => eprintln!("{}", complaint.rendered),
            }
        }
        if without == before {
            break;
        }
        println!("{} mutants do not build", without.unviable.len());
    }
    let reason = "it does not build with the mutants that are in it".to_owned();
    Err(malformed(Path::new(LIBRARY), reason))
}

/// What has to be put out.
enum Cause {
    /// This mutant is no code.
    Mutant(usize),
    /// There is nothing to be chosen where this one is, or it is not known whether it is at fault.
    Place(usize),
    /// The function of this name is used by a constant.
    Constant(String),
}

/// A copy of the tree with the mutants in it.
struct Woven {
    tree: PathBuf,
    /// The files with mutants.
    texts: HashMap<PathBuf, String>,
    built: Built,
}

impl Woven {
    fn of(tree: &Path, mutants: &[Mutant], without: &Without) -> Result<Self, XtaskError> {
        let mut files: HashMap<&Path, Vec<_>> = HashMap::new();
        for (number, mutant) in mutants.iter().enumerate() {
            files
                .entry(&mutant.file)
                .or_default()
                .push((number, mutant));
        }
        let mut texts = HashMap::new();
        let mut built = Built::default();
        for (file, mutants) in files {
            let path = tree.join(file);
            let woven = weave(&read(&path)?, &mutants, without)
                .map_err(|error| malformed(&path, error.to_string()))?;
            built.left_out.extend(woven.left_out);
            built.unviable.extend(woven.unviable);
            texts.insert(file.to_owned(), woven.text);
        }
        let root = Path::new(LIBRARY).join("lib.rs");
        let text = read(&tree.join(&root))? + "\nmod mutants;\n";
        let mut files = texts.clone();
        files.insert(root, text);
        let pool = Path::new(kept_keys::POOL);
        let text = kept_keys::pool(&read(&tree.join(pool))?);
        files.insert(pool.to_owned(), text);
        let module = Path::new(LIBRARY).join("mutants.rs");
        files.insert(module, switch::module(mutants.len()));
        let tree = tree::with("proof/woven", &files)?;
        Ok(Self { tree, texts, built })
    }

    /// What has made the compiler complain, as far as a mutant has. One that an error only mentions may be good by
    /// itself.
    fn cause(&self, complaint: &Complaint) -> Option<Cause> {
        let at = |find: fn(&str, usize) -> Option<usize>, is_meant: fn(&Spot) -> bool| {
            let mut spots = complaint.spots.iter().filter(|spot| is_meant(spot));
            spots.find_map(|spot| find(self.texts.get(&spot.file)?, spot.byte))
        };
        let anywhere = |_: &Spot| true;
        if let Some(name) = complaint.constant() {
            return at(asked_for_at, anywhere)
                .map(Cause::Place)
                .or(Some(Cause::Constant(name)));
        }
        at(mutant_at, |spot| spot.is_primary)
            .map(Cause::Mutant)
            .or_else(|| at(mutant_at, anywhere).map(Cause::Place))
            .or_else(|| at(asked_for_at, anywhere).map(Cause::Place))
    }
}

/// What came of a build.
struct Said {
    is_success: bool,
    programs: Vec<Program>,
    complaints: Vec<Complaint>,
}

fn built_so_far(tree: &Path) -> Result<Said, XtaskError> {
    let mut build = cargo_unlocked("test");
    build.current_dir(tree);
    build.args([
        "--no-run",
        "--quiet",
        "--message-format=json",
        "--all-features",
    ]);
    build.args(["--package=portcullis", "--package=portcullis-conformance"]);
    build.args(["--lib", "--test=*"]);
    build
        .env("CARGO_TARGET_DIR", target_dir())
        .env("CARGO_INCREMENTAL", "1");
    let started = |source| XtaskError::Start {
        program: "cargo".into(),
        source,
    };
    let output = build.stderr(Stdio::inherit()).output().map_err(started)?;
    let mut said = Said {
        is_success: output.status.success(),
        programs: Vec::new(),
        complaints: Vec::new(),
    };
    for message in messages::read(&output.stdout) {
        match message {
            Message::Program(program) => said.programs.push(program),
            Message::Complaint(complaint) => said.complaints.push(complaint),
        }
    }
    Ok(said)
}
