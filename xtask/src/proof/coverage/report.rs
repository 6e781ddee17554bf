use std::{collections::BTreeMap, fmt::Write, path::Path, time::Duration};

use serde::Serialize;

use super::lines::Source;

/// What is to be reached, in per cent.
const GOAL: f64 = 95.0;

#[derive(Debug, Serialize)]
pub(super) struct Report {
    is_good: bool,
    /// In per cent, rounded down.
    lines: f64,
    lines_covered: usize,
    lines_counted: usize,
    goal: f64,
    tests_passed: bool,
    seconds: u64,
    rooms: Vec<Room>,
}

/// A folder of the library, or the files beside them.
#[derive(Debug, Serialize)]
struct Room {
    room: String,
    lines: f64,
    lines_counted: usize,
    not_covered: usize,
}

#[derive(Debug, Default, Clone, Copy)]
struct Lines {
    counted: usize,
    covered: usize,
}

impl Lines {
    fn percent(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "no library has 2⁵³ lines")]
        let percent = self.covered as f64 * 100.0 / self.counted.max(1) as f64;
        (percent * 100.0).floor() / 100.0
    }

    fn add(&mut self, source: &Source) {
        self.counted += source.lines.len();
        self.covered += source.covered();
    }
}

impl Report {
    /// The sum, and that of each room.
    pub(super) fn of(sources: &[Source], tests_passed: bool, took: Duration) -> Self {
        let mut all = Lines::default();
        let mut rooms: BTreeMap<String, Lines> = BTreeMap::new();
        for source in sources {
            all.add(source);
            rooms.entry(room(&source.path)).or_default().add(source);
        }
        let rooms = rooms.into_iter().map(|(room, lines)| Room {
            room,
            lines: lines.percent(),
            lines_counted: lines.counted,
            not_covered: lines.counted - lines.covered,
        });
        Self {
            is_good: tests_passed && all.counted > 0 && all.percent() >= GOAL,
            lines: all.percent(),
            lines_covered: all.covered,
            lines_counted: all.counted,
            goal: GOAL,
            tests_passed,
            seconds: took.as_secs(),
            rooms: rooms.collect(),
        }
    }

    pub(super) fn is_good(&self) -> bool {
        self.is_good
    }
}

fn room(path: &Path) -> String {
    match path.parent().and_then(|folder| folder.iter().next()) {
        Some(folder) => format!("{}/", folder.to_string_lossy()),
        None => "(beside the folders)".to_owned(),
    }
}

/// The lines that no test runs, file by file: `binding/dpop/mod.rs: 12-14 40`.
pub(super) fn not_run(sources: &[Source]) -> String {
    let mut text = String::new();
    for source in sources {
        let mut ranges: Vec<(usize, usize)> = Vec::new();
        let mut is_next = false;
        for (&at, &is_run) in &source.lines {
            match ranges.last_mut() {
                _ if is_run => {}
                // What stands between two of them and cannot be run does not part them.
                Some((_, last)) if is_next => *last = at,
                _ => ranges.push((at, at)),
            }
            is_next = !is_run;
        }
        if ranges.is_empty() {
            continue;
        }
        let _ = write!(text, "{}:", source.path.display());
        for (first, last) in ranges {
            let _ = match first == last {
                true => write!(text, " {first}"),
                false => write!(text, " {first}-{last}"),
            };
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with so many lines, of which the first are run.
    fn source(path: &str, counted: usize, covered: usize) -> Source {
        Source {
            path: path.into(),
            lines: (1..=counted).map(|at| (at, at <= covered)).collect(),
        }
    }

    #[test]
    fn rooms_are_summed() {
        let sources = [
            source("lib.rs", 10, 10),
            source("verify/a.rs", 50, 49),
            source("verify/jwt/b.rs", 50, 41),
        ];
        let report = Report::of(&sources, true, Duration::ZERO);
        assert_eq!((report.lines_covered, report.lines_counted), (100, 110));
        assert!(!report.is_good);
        let rooms: Vec<_> = report
            .rooms
            .iter()
            .map(|room| (&*room.room, room.lines, room.not_covered))
            .collect();
        assert_eq!(
            rooms,
            [("(beside the folders)", 100.0, 0), ("verify/", 90.0, 10)]
        );
    }

    #[test]
    fn per_cents_are_never_rounded_up_and_nothing_is_not_good() {
        let lines = Lines {
            counted: 100_000,
            covered: 94_999,
        };
        assert_eq!(lines.percent(), 94.99);
        let is_good = |sources: &[Source], tests_passed| {
            Report::of(sources, tests_passed, Duration::ZERO).is_good
        };
        assert!(!is_good(&[], true));
        let enough = [source("lib.rs", 20, 19)];
        assert!(is_good(&enough, true) && !is_good(&enough, false));
    }

    #[test]
    fn lines_that_no_test_runs_are_named() {
        let mut one = source("a/b.rs", 9, 0);
        one.lines.remove(&3);
        one.lines.insert(5, true);
        one.lines.insert(7, true);
        let text = not_run(&[one, source("c.rs", 3, 3)]);
        assert_eq!(text, "a/b.rs: 1-4 6 8-9\n");
    }
}
