use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    path::Path,
};

use serde::{Deserialize, Serialize};

use super::{
    judge::{Asked, Fate},
    list::Mutant,
    rooms::{ROOMS, room},
};
use crate::{
    Verdict,
    cargo::workspace_root,
    error::XtaskError,
    files::{json, malformed, read, read_json, write},
    reports::{self, Made},
};

/// Why a mutant may live, by its name.
const ARGUED: &str = "tests/mutants.toml";
const NAME: &str = "mutants";

/// What was judged so far, over all runs.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Report {
    /// All were judged, and none lives without a reason.
    is_good: bool,
    mutants_in_all: usize,
    /// Of code that has not changed since.
    mutants_judged: usize,
    caught: usize,
    /// What made a test run on for ever, which is a failure of that test.
    timed_out: usize,
    /// What did not build, and so says nothing.
    unviable: usize,
    survived: usize,
    survived_without_a_reason: usize,
    /// What the likeliest tests have not caught, while others were not asked.
    undecided: usize,
    /// What has to be built by itself, and was not yet.
    left_out: usize,
    rooms: Vec<Room>,
    survivors: Vec<Survivor>,
    files: BTreeMap<String, Judged>,
}

/// The figures of a room.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Room {
    room: String,
    mutants: usize,
    judged: usize,
    caught: usize,
    timed_out: usize,
    unviable: usize,
    survived: usize,
    #[serde(default)]
    undecided: usize,
    #[serde(default)]
    left_out: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Survivor {
    mutant: String,
    reason: String,
    /// How many tests come by it; not known of one that is built by itself, or was argued before all were asked.
    tests: Option<usize>,
}

/// What was judged of a file.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Judged {
    /// The file as it was, by git's name for it.
    source: String,
    /// The commit whose tests have judged it, or which those were added to.
    commit: String,
    caught: usize,
    timed_out: usize,
    unviable: usize,
    survived: usize,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    undecided: Vec<String>,
    /// What has to be built by itself, and was not judged yet.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    left_out: Vec<String>,
}

impl Report {
    /// The last report. What was judged of files that are others now is forgotten: `sources` are git's names of those
    /// there are.
    pub(super) fn last(sources: &BTreeMap<String, String>) -> Result<Self, XtaskError> {
        let path = workspace_root().join(format!("reports/{NAME}.json"));
        let mut report = if path.exists() {
            read_json(&path)?
        } else {
            Self::default()
        };
        report.forget_others(sources);
        Ok(report)
    }

    fn forget_others(&mut self, sources: &BTreeMap<String, String>) {
        let files = &mut self.files;
        files.retain(|file, judged| sources.get(file) == Some(&judged.source));
        let survivors = &mut self.survivors;
        survivors.retain(|survivor| files.contains_key(file_of(&survivor.mutant)));
    }

    /// Whether there is nothing to be judged in this file any more but what has to be built by itself.
    pub(super) fn knows(&self, file: &str) -> bool {
        self.files.contains_key(file)
    }

    /// The mutants that no test has caught so far.
    pub(super) fn survivors(&self) -> BTreeSet<&str> {
        let survivors = self.survivors.iter().map(|one| &one.mutant);
        let files = self.files.values();
        let undecided = files.flat_map(|judged| &judged.undecided);
        survivors.chain(undecided).map(String::as_str).collect()
    }

    /// The mutants that have to be built by themselves.
    pub(super) fn left_out(&self) -> BTreeSet<&str> {
        let files = self.files.values();
        files
            .flat_map(|judged| &judged.left_out)
            .map(String::as_str)
            .collect()
    }

    /// Takes in what became of all mutants of a file, instead of what was said of them before.
    pub(super) fn join(
        &mut self,
        (file, source, commit): (&str, &str, &str),
        fates: &[(&Mutant, Fate)],
    ) {
        self.survivors
            .retain(|survivor| file_of(&survivor.mutant) != file);
        let mut judged = Judged {
            source: source.to_owned(),
            commit: commit.to_owned(),
            ..Judged::default()
        };
        for (mutant, fate) in fates {
            self.count(&mut judged, mutant.name_anywhere(), *fate);
        }
        self.files.insert(file.to_owned(), judged);
    }

    /// Takes in what has become of some mutants by now that were left out, or had survived.
    pub(super) fn look_again(&mut self, fates: &[(&Mutant, Fate)]) {
        let mut fates: Vec<_> = fates
            .iter()
            .map(|(mutant, fate)| (mutant.name_anywhere(), *fate))
            .collect();
        // Where the same is done twice in a function, two have one name: who was caught before is caught now.
        fates.sort_by_key(|(_, fate)| !matches!(fate, Fate::Survived(_)));
        let mut open = self.open();
        for (name, fate) in fates {
            let is_open = open.iter().position(|one| *one == name);
            if let Some(at) = is_open {
                open.swap_remove(at);
                self.decide(name, fate);
            }
        }
    }

    /// The names of those that no test has caught so far, as often as there are such.
    fn open(&self) -> Vec<String> {
        let survivors = self.survivors.iter().map(|one| &one.mutant);
        let files = self.files.values();
        let others = files.flat_map(|judged| judged.undecided.iter().chain(&judged.left_out));
        survivors.chain(others).cloned().collect()
    }

    fn decide(&mut self, name: String, fate: Fate) {
        let file = file_of(&name).to_owned();
        let Some(mut judged) = self.files.remove(&file) else {
            return;
        };
        if let Some(at) = judged.left_out.iter().position(|one| *one == name) {
            judged.left_out.remove(at);
        } else if let Some(at) = judged.undecided.iter().position(|one| *one == name) {
            judged.undecided.remove(at);
        } else if let Some(at) = self.survivors.iter().position(|one| one.mutant == name) {
            self.survivors.remove(at);
            judged.survived = judged.survived.saturating_sub(1);
        }
        self.count(&mut judged, name, fate);
        self.files.insert(file, judged);
    }

    fn count(&mut self, judged: &mut Judged, mutant: String, fate: Fate) {
        match fate {
            Fate::Caught => judged.caught += 1,
            Fate::TimedOut => judged.timed_out += 1,
            Fate::Unviable => judged.unviable += 1,
            Fate::LeftOut => judged.left_out.push(mutant),
            Fate::Survived(Asked { are_all: false, .. }) => judged.undecided.push(mutant),
            Fate::Survived(Asked { tests, .. }) => {
                judged.survived += 1;
                self.survivors.push(Survivor {
                    mutant,
                    reason: String::new(),
                    tests,
                });
            }
        }
    }

    /// Writes it down, in the midst of a run.
    pub(super) fn keep(&mut self, mutants: &[Mutant]) -> Result<(), XtaskError> {
        self.sum(mutants, &argued()?);
        let path = workspace_root().join(format!("reports/{NAME}.json"));
        write(&path, &json(&path, self)?)
    }

    /// Writes it down, and onto the page. A part of them is good where nothing lives without a reason, though others
    /// are still to be judged.
    pub(super) fn end(mut self, mutants: &[Mutant]) -> Result<Verdict, XtaskError> {
        self.sum(mutants, &argued()?);
        reports::keep(NAME, &Made::by("cargo xtask proof mutants"), &self)?;
        Ok(Verdict::good_if(
            self.survived_without_a_reason == 0 && self.caught > 0,
        ))
    }

    /// What is argued need not be held against all tests.
    fn settle(&mut self, argued: &BTreeMap<String, String>) {
        for judged in self.files.values_mut() {
            for mutant in mem::take(&mut judged.undecided) {
                let like_it = self.survivors.iter().filter(|one| one.mutant == mutant);
                if argued.contains_key(&argument(&mutant, like_it.count())) {
                    judged.survived += 1;
                    self.survivors.push(Survivor {
                        mutant,
                        reason: String::new(),
                        tests: None,
                    });
                } else {
                    judged.undecided.push(mutant);
                }
            }
        }
    }

    fn sum(&mut self, mutants: &[Mutant], argued: &BTreeMap<String, String>) {
        self.settle(argued);
        self.survivors
            .sort_by(|one, other| one.mutant.cmp(&other.mutant));
        let mut before: BTreeMap<&str, usize> = BTreeMap::new();
        for survivor in &mut self.survivors {
            let like_it = before.entry(&survivor.mutant).or_default();
            let reason = argued.get(&argument(&survivor.mutant, *like_it));
            survivor.reason = reason.cloned().unwrap_or_default();
            *like_it += 1;
        }
        let mut rooms: Vec<_> = ROOMS.iter().map(|room| Room::named(room)).collect();
        for mutant in mutants {
            if let Some(room) = rooms.get_mut(room(&mutant.file).0) {
                room.mutants += 1;
            }
        }
        for (file, judged) in &self.files {
            if let Some(room) = rooms.get_mut(room(Path::new(file)).0) {
                room.add(judged);
            }
        }
        let sum = |figure: fn(&Room) -> usize| rooms.iter().map(figure).sum::<usize>();
        self.mutants_in_all = mutants.len();
        self.mutants_judged = sum(|room| room.judged);
        self.caught = sum(|room| room.caught);
        self.timed_out = sum(|room| room.timed_out);
        self.unviable = sum(|room| room.unviable);
        self.survived = sum(|room| room.survived);
        self.undecided = sum(|room| room.undecided);
        self.left_out = sum(|room| room.left_out);
        self.rooms = rooms;
        let unargued = self.survivors.iter().filter(|one| one.reason.is_empty());
        self.survived_without_a_reason = unargued.count();
        self.is_good = self.survived_without_a_reason == 0
            && self.caught > 0
            && self.mutants_judged == self.mutants_in_all;
    }
}

impl Room {
    fn named(room: &str) -> Self {
        Self {
            room: room.to_owned(),
            ..Self::default()
        }
    }

    fn add(&mut self, judged: &Judged) {
        self.caught += judged.caught;
        self.timed_out += judged.timed_out;
        self.unviable += judged.unviable;
        self.survived += judged.survived;
        self.undecided += judged.undecided.len();
        self.left_out += judged.left_out.len();
        self.judged = self.caught + self.timed_out + self.unviable + self.survived;
    }
}

/// Under which name it is argued why a mutant may live that so many others are named like: `a.rs: replace f`, and
/// `a.rs: replace f (2)` for the second one.
fn argument(mutant: &str, before: usize) -> String {
    match before {
        0 => mutant.to_owned(),
        _ => format!("{mutant} ({})", before + 1),
    }
}

/// The file of a mutant, by its name.
fn file_of(name: &str) -> &str {
    name.split(':').next().unwrap_or_default()
}

fn argued() -> Result<BTreeMap<String, String>, XtaskError> {
    let path = workspace_root().join(ARGUED);
    toml::from_str(&read(&path)?)
        .map_err(|error: toml::de::Error| malformed(&path, error.to_string()))
}

#[cfg(test)]
mod tests;
