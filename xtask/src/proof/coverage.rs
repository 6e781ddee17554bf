//! How much of the library the tests run: the lines of `crates/portcullis`, by cargo-llvm-cov.

use std::{collections::BTreeMap, path::Path, process::Command, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    Verdict,
    cargo::{program, target_dir, workspace_root},
    error::XtaskError,
    files::read_json,
    reports::{Made, keep},
    setup,
    tool::Tool,
    watch::watch_for,
};

const LLVM_COV: Tool<'static> = Tool {
    name: "cargo-llvm-cov",
    version: "0.9.1",
    options: &["--debug"],
};
/// All is built anew, to be counted.
const LIMIT: Duration = Duration::from_secs(60 * 60);
/// What is to be reached.
const GOAL: f64 = 95.0;
/// The tests that count: those that need nothing but this machine.
const PACKAGES: [&str; 6] = [
    "portcullis",
    "portcullis-axum",
    "portcullis-conformance",
    "portcullis-redis",
    "portcullis-tonic",
    "portcullis-testing",
];
const SOURCE: &str = "crates/portcullis/src";
/// Tests in files of their own are not what is tested.
const TESTS: &str = r"/tests\.rs$|/tests/";

#[derive(Debug, Serialize)]
struct Report {
    is_good: bool,
    /// In per cent, rounded down.
    lines: f64,
    lines_covered: u64,
    lines_counted: u64,
    goal: f64,
    rooms: Vec<Room>,
}

/// A folder of the library, or the files beside them.
#[derive(Debug, Serialize)]
struct Room {
    room: String,
    lines: f64,
    not_covered: u64,
}

/// `cargo xtask proof coverage`.
pub(super) fn run() -> Result<Verdict, XtaskError> {
    let tool = LLVM_COV.ready()?;
    if let Some(cure) = setup::llvm()? {
        return Err(XtaskError::Needed {
            what: "llvm-19",
            cure,
        });
    }
    let command = |subcommand: &str| {
        let mut command = program(&tool);
        command.args(["llvm-cov", subcommand]);
        command.env("LLVM_COV", "llvm-cov-19");
        command.env("LLVM_PROFDATA", "llvm-profdata-19");
        command.env("CARGO_TARGET_DIR", target_dir().join("proof/coverage"));
        command
    };
    let mut tests = command("test");
    tests.args(["--no-report", "--all-features", "--locked", "--tests"]);
    for package in PACKAGES {
        tests.args(["--package", package]);
    }
    if !is_success(&mut tests)? {
        return Ok(Verdict::Bad);
    }
    let summary = target_dir().join("proof/coverage.json");
    let mut report = command("report");
    report.args(["--json", "--summary-only", "--ignore-filename-regex", TESTS]);
    report.arg("--output-path").arg(&summary);
    if !is_success(&mut report)? {
        return Ok(Verdict::Bad);
    }
    let report = read(&summary)?;
    keep("coverage", &Made::by("cargo xtask proof coverage"), &report)?;
    Ok(Verdict::good_if(report.is_good))
}

fn is_success(command: &mut Command) -> Result<bool, XtaskError> {
    Ok(watch_for(LIMIT, command, |_| {})?.is_success())
}

/// What llvm-cov exports, as far as it is read here.
#[derive(Deserialize)]
struct Export {
    data: Vec<Data>,
}

#[derive(Deserialize)]
struct Data {
    files: Vec<File>,
}

#[derive(Deserialize)]
struct File {
    filename: String,
    summary: Summary,
}

#[derive(Deserialize)]
struct Summary {
    lines: Lines,
}

#[derive(Default, Deserialize, Clone, Copy)]
struct Lines {
    count: u64,
    covered: u64,
}

impl Lines {
    fn percent(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "no library has 2⁵³ lines")]
        let percent = self.covered as f64 * 100.0 / self.count.max(1) as f64;
        (percent * 100.0).floor() / 100.0
    }
}

impl std::ops::AddAssign for Lines {
    fn add_assign(&mut self, other: Self) {
        self.count += other.count;
        self.covered += other.covered;
    }
}

fn read(path: &Path) -> Result<Report, XtaskError> {
    Ok(summed(&read_json(path)?, &workspace_root().join(SOURCE)))
}

fn summed(export: &Export, source: &Path) -> Report {
    let mut all = Lines::default();
    let mut rooms: BTreeMap<String, Lines> = BTreeMap::new();
    for file in export.data.iter().flat_map(|data| &data.files) {
        let Ok(inside) = Path::new(&file.filename).strip_prefix(source) else {
            continue;
        };
        all += file.summary.lines;
        let room = match inside.parent().and_then(|folder| folder.iter().next()) {
            Some(folder) => format!("{}/", folder.to_string_lossy()),
            None => "(beside the folders)".to_owned(),
        };
        *rooms.entry(room).or_default() += file.summary.lines;
    }
    Report {
        is_good: all.count > 0 && all.percent() >= GOAL,
        lines: all.percent(),
        lines_covered: all.covered,
        lines_counted: all.count,
        goal: GOAL,
        rooms: rooms
            .into_iter()
            .map(|(room, lines)| Room {
                room,
                lines: lines.percent(),
                not_covered: lines.count - lines.covered,
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn export(files: &[(&str, u64, u64)]) -> Export {
        let file = |&(filename, count, covered): &(&str, u64, u64)| File {
            filename: filename.to_owned(),
            summary: Summary {
                lines: Lines { count, covered },
            },
        };
        Export {
            data: vec![Data {
                files: files.iter().map(file).collect(),
            }],
        }
    }

    #[test]
    fn rooms_are_summed_and_what_is_elsewhere_is_not() {
        let files = [
            ("/w/src/lib.rs", 10, 10),
            ("/w/src/verify/a.rs", 50, 49),
            ("/w/src/verify/jwt/b.rs", 50, 41),
            ("/elsewhere/c.rs", 1000, 0),
        ];
        let report = summed(&export(&files), Path::new("/w/src"));
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
        assert_eq!(
            Lines {
                count: 100_000,
                covered: 94_999
            }
            .percent(),
            94.99
        );
        assert!(!summed(&export(&[]), Path::new("/w/src")).is_good);
    }
}
