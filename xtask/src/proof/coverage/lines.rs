//! Which lines were run, as `llvm-cov export -format=lcov` tells.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use crate::error::XtaskError;

/// A file of the library: its lines that can be run, by number, and whether a test runs them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Source {
    /// Below the library's `src`.
    pub(super) path: PathBuf,
    pub(super) lines: BTreeMap<usize, bool>,
}

impl Source {
    pub(super) fn covered(&self) -> usize {
        self.lines.values().filter(|is_run| **is_run).count()
    }
}

/// What `export` says of the files in `folder`, without their tests: that tests run themselves says nothing.
pub(super) fn counted(
    export: &str,
    folder: &Path,
    text: impl Fn(&Path) -> Result<String, XtaskError>,
) -> Result<Vec<Source>, XtaskError> {
    let mut sources = Vec::new();
    for record in export.split("end_of_record") {
        let file = record.lines().find_map(|line| line.strip_prefix("SF:"));
        let Some(file) = file.map(Path::new) else {
            continue;
        };
        let Ok(path) = file.strip_prefix(folder) else {
            continue;
        };
        if is_of_tests(path) {
            continue;
        }
        let end = first_of_tests(&text(file)?);
        let lines = record.lines().filter_map(line).filter(|(at, _)| *at < end);
        sources.push(Source {
            path: path.to_owned(),
            lines: lines.collect(),
        });
    }
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(sources)
}

/// `DA:12,3`: line 12 was run three times.
fn line(record: &str) -> Option<(usize, bool)> {
    let (at, count) = record.strip_prefix("DA:")?.split_once(',')?;
    let count = count.split(',').next()?;
    Some((at.parse().ok()?, count != "0"))
}

/// Files that are compiled for tests alone.
fn is_of_tests(path: &Path) -> bool {
    path.iter().any(|part| {
        let name = Path::new(part).file_stem().unwrap_or(part);
        name == "tests" || name == "public_vectors"
    })
}

/// Where a file's tests begin, which stand at its end.
fn first_of_tests(text: &str) -> usize {
    let mut lines = text.lines().zip(1..);
    let opening = lines.find(|(line, _)| *line == "mod tests {");
    opening.map_or(usize::MAX, |(_, at)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPORT: &str = "SF:/w/src/a/b.rs\nFN:1,f\nDA:1,7\nDA:2,0\nDA:9,1\nLF:3\nend_of_record\n\
        SF:/w/src/a/tests.rs\nDA:1,1\nend_of_record\n\
        SF:/w/src/a/tests/c.rs\nDA:1,1\nend_of_record\n\
        SF:/elsewhere/d.rs\nDA:1,0\nend_of_record\n";

    #[test]
    fn what_is_counted_is_the_library_without_its_tests() {
        let text = |_: &Path| Ok("fn f() {\n}\n\n#[cfg(test)]\nmod tests {\n".to_owned());
        let sources = counted(EXPORT, Path::new("/w/src"), text).unwrap();
        let [source] = &*sources else {
            panic!("{sources:?}");
        };
        assert_eq!(source.path, Path::new("a/b.rs"));
        assert_eq!(source.lines, BTreeMap::from([(1, true), (2, false)]));
        assert_eq!(source.covered(), 1);
    }

    #[test]
    fn a_file_without_tests_counts_to_its_end() {
        let text = |_: &Path| Ok("fn f() {}\n".to_owned());
        let sources = counted(EXPORT, Path::new("/w/src"), text).unwrap();
        assert_eq!(sources[0].lines.len(), 3);
    }
}
