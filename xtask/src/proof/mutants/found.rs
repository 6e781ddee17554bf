use std::{fs, io, mem, path::Path};

use super::judge::{Asked, Fate};
use crate::error::XtaskError;

/// All that there are.
const SURVIVED: Fate = Fate::Survived(Asked {
    tests: None,
    are_all: true,
});

/// What became of the mutants of one run.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) caught: Vec<String>,
    pub(super) unviable: Vec<String>,
    pub(super) timed_out: Vec<String>,
    pub(super) missed: Vec<String>,
}

impl Found {
    /// Reads the lists that cargo-mutants leaves.
    pub(super) fn read(folder: &Path) -> Result<Self, XtaskError> {
        let list = |name: &str| -> Result<Vec<String>, XtaskError> {
            let path = folder.join(name);
            match fs::read_to_string(&path) {
                Ok(text) => Ok(text.lines().map(str::to_owned).collect()),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
                Err(source) => Err(XtaskError::Read { path, source }),
            }
        };
        Ok(Self {
            caught: list("caught.txt")?,
            unviable: list("unviable.txt")?,
            timed_out: list("timeout.txt")?,
            missed: list("missed.txt")?,
        })
    }

    /// This run and the one that looked at what it had missed. Some kinds of mutants are made whatever is chosen:
    /// what it says of others does not count. One that it does not speak of was not caught.
    pub(super) fn then(mut self, second: &Self) -> Self {
        for name in mem::take(&mut self.missed) {
            let list = if second.missed.contains(&name) {
                &mut self.missed
            } else if second.caught.contains(&name) {
                &mut self.caught
            } else if second.unviable.contains(&name) {
                &mut self.unviable
            } else if second.timed_out.contains(&name) {
                &mut self.timed_out
            } else {
                &mut self.missed
            };
            list.push(name);
        }
        self
    }

    /// What has become of the mutant of this name.
    pub(super) fn fate(&self, name: &String) -> Fate {
        if self.caught.contains(name) {
            Fate::Caught
        } else if self.unviable.contains(name) {
            Fate::Unviable
        } else if self.timed_out.contains(name) {
            Fate::TimedOut
        } else if self.missed.contains(name) {
            SURVIVED
        } else {
            Fate::LeftOut
        }
    }
}

/// Chooses these and no others.
pub(super) fn exactly(names: &[String]) -> Vec<String> {
    let chosen = |name: &String| format!("--re=^{}$", regex::escape(name));
    names.iter().map(chosen).collect()
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;

    const NAME: &str = "crates/a/src/b.rs:12:5: replace f -> Option<u8> with Some(0)";

    #[test]
    fn the_second_run_looks_at_what_the_first_has_missed() {
        let found = |caught: &[&str], missed: &[&str]| Found {
            caught: caught.iter().map(|&name| name.to_owned()).collect(),
            missed: missed.iter().map(|&name| name.to_owned()).collect(),
            ..Found::default()
        };
        let both = found(&["a", "b"], &["c", "d"]).then(&found(&["c", "e"], &["d", "f"]));
        assert_eq!(both.caught, ["a", "b", "c"]);
        assert_eq!(both.missed, ["d"]);
    }

    #[test]
    fn what_the_second_run_does_not_speak_of_is_missed() {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let first = Found {
            missed: names(&["a", "b", "c", "d"]),
            ..Found::default()
        };
        let both = first.then(&Found {
            unviable: names(&["a"]),
            timed_out: names(&["c"]),
            ..Found::default()
        });
        assert_eq!(
            (both.unviable, both.timed_out),
            (names(&["a"]), names(&["c"]))
        );
        assert_eq!(both.missed, ["b", "d"]);
    }

    #[test]
    fn a_mutant_is_chosen_by_its_name() {
        let chooses = |choice: &[String], name: &str| {
            let pattern = choice[0].strip_prefix("--re=").unwrap();
            Regex::new(pattern).unwrap().is_match(name)
        };
        let moved = NAME.replace("12:5", "13:5");
        let here = exactly(&[NAME.to_owned()]);
        assert!(chooses(&here, NAME) && !chooses(&here, &moved));
        assert!(!chooses(&here, &NAME.replace("Some(0)", "Some(1)")));
    }

    #[test]
    fn one_that_nothing_is_said_of_is_still_left_out() {
        let found = Found {
            missed: vec!["a".to_owned()],
            ..Found::default()
        };
        let [said, not_said] = ["a", "b"].map(|name| found.fate(&name.to_owned()));
        assert_eq!((said, not_said), (SURVIVED, Fate::LeftOut));
    }
}
