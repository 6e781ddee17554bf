//! A copy of the repository that may be changed, where all tests of the checklist are one program: to link forty of
//! them takes longer than to run them.

use std::{
    collections::{BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
};

use super::repository::Files;
use crate::{
    cargo::{target_dir, workspace_root},
    error::XtaskError,
    files::{unreadable, unwritable},
};

/// A folder of test programs, below the workspace root.
const CHECKLIST: &str = "tests/conformance/tests";
/// Where they stand in the copy, as deep as before and where cargo makes no programs of them.
const MODULES: &str = "tests/conformance/modules";
/// The program that they are modules of.
const ONE_PROGRAM: &str = "tests/conformance/tests/checklist.rs";

/// Makes the copy what the repository is. What has not changed is not touched, so that it is not built again.
pub(super) fn fresh() -> Result<PathBuf, XtaskError> {
    with("proof/tree", &HashMap::new())
}

/// Makes such a copy in this folder of the target, but for these files, which say something else.
pub(super) fn with(folder: &str, others: &HashMap<PathBuf, String>) -> Result<PathBuf, XtaskError> {
    let tree = target_dir().join(folder);
    let mut files = BTreeSet::new();
    let mut programs = BTreeSet::new();
    for name in Files::TrackedOrNew.names()? {
        if others.contains_key(&name) {
            continue;
        }
        let from = workspace_root().join(&name);
        let bytes = fs::read(&from).map_err(unreadable(&from))?;
        let (name, bytes) = match (program_of(&name), String::from_utf8(bytes)) {
            (Some((module, path)), Ok(text)) => {
                if path.iter().count() == 1 || path.ends_with("main.rs") {
                    programs.insert((module.clone(), path.clone()));
                }
                let text = text.replace("crate::", &format!("crate::{module}::"));
                (Path::new(MODULES).join(path), text.into_bytes())
            }
            (_, Ok(text)) => (name, text.into_bytes()),
            (_, Err(error)) => (name, error.into_bytes()),
        };
        replace(&tree.join(&name), &bytes)?;
        files.insert(name);
    }
    for (name, text) in others {
        replace(&tree.join(name), text.as_bytes())?;
        files.insert(name.clone());
    }
    replace(&tree.join(ONE_PROGRAM), modules(&programs).as_bytes())?;
    files.insert(ONE_PROGRAM.into());
    remove_others(&tree, &tree, &files)?;
    tree.canonicalize().map_err(unreadable(&tree))
}

/// The test program that a file of the checklist belongs to, and where the file is below all of them.
fn program_of(name: &Path) -> Option<(String, PathBuf)> {
    let path = name.strip_prefix(CHECKLIST).ok()?;
    let module = Path::new(path.iter().next()?).file_stem()?;
    let is_rust = path.extension().is_some_and(|extension| extension == "rs");
    is_rust.then(|| (module.to_string_lossy().into_owned(), path.to_owned()))
}

/// The program that has the others as its modules.
fn modules(programs: &BTreeSet<(String, PathBuf)>) -> String {
    let module = |(name, path): &(String, PathBuf)| {
        format!("#[path = \"../modules/{}\"]\nmod {name};\n", path.display())
    };
    let mut program = "//! All tests of the checklist.\n\n".to_owned();
    program.extend(programs.iter().map(module));
    program
}

fn remove_others(folder: &Path, tree: &Path, names: &BTreeSet<PathBuf>) -> Result<(), XtaskError> {
    for entry in fs::read_dir(folder).map_err(unreadable(folder))? {
        let path = entry.map_err(unreadable(folder))?.path();
        if path.is_dir() {
            remove_others(&path, tree, names)?;
        } else if path
            .strip_prefix(tree)
            .is_ok_and(|name| !names.contains(name))
        {
            fs::remove_file(&path).map_err(unwritable(&path))?;
        }
    }
    Ok(())
}

/// Writes a file that says something else so far.
fn replace(to: &Path, bytes: &[u8]) -> Result<(), XtaskError> {
    if fs::read(to).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(unwritable(folder))?;
    }
    fs::write(to, bytes).map_err(unwritable(to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_the_checklist_belongs_to_a_program() {
        let program = |name: &str| {
            let (module, path) = program_of(Path::new(name))?;
            Some(format!("{module} {}", path.display()))
        };
        let found = program("tests/conformance/tests/places/main.rs");
        assert_eq!(found.as_deref(), Some("places places/main.rs"));
        let found = program("tests/conformance/tests/smoke.rs");
        assert_eq!(found.as_deref(), Some("smoke smoke.rs"));
        for other in [
            "tests/conformance/src/lib.rs",
            "tests/conformance/tests/places/token.json",
        ] {
            assert_eq!(program(other), None, "{other}");
        }
    }

    #[test]
    fn programs_are_modules_of_one() {
        let programs = BTreeSet::from([("places".to_owned(), "places/main.rs".into())]);
        assert_eq!(
            modules(&programs),
            "//! All tests of the checklist.\n\n#[path = \"../modules/places/main.rs\"]\nmod places;\n"
        );
    }
}
