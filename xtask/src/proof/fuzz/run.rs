use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use super::Target;
use crate::{
    cargo::{program, target_dir, workspace_root},
    error::XtaskError,
    files::{unreadable, unwritable},
    watch::watch_for,
};

/// cargo-fuzz with a nightly toolchain.
pub(super) struct Fuzzer {
    program: PathBuf,
    /// The compiler, as it calls itself.
    pub(super) toolchain: String,
}

/// What has come of one run of one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) target: String,
    pub(super) executions: u64,
    pub(super) seconds: u64,
    /// How many inputs it ended with that reach something no other does.
    pub(super) corpus: u64,
    /// Whether it has run to its end, and so found nothing.
    pub(super) is_finished: bool,
}

impl Run {
    pub(super) fn is_good(&self) -> bool {
        self.is_finished && self.executions > 0
    }
}

impl Fuzzer {
    const TOOLCHAIN: &'static str = "nightly";
    /// What a target may take beside its time: to be built first of all.
    const BUILDING: Duration = Duration::from_secs(1800);

    pub(super) fn ready(program: PathBuf) -> Result<Self, XtaskError> {
        let version = rustc().arg("--version").output().ok();
        let version = version.filter(|output| output.status.success());
        let Some(version) = version else {
            return Err(XtaskError::Needed {
                what: "a nightly toolchain",
                cure: format!("rustup toolchain install {}", Self::TOOLCHAIN),
            });
        };
        Ok(Self {
            program,
            toolchain: String::from_utf8_lossy(&version.stdout).trim().to_owned(),
        })
    }

    /// Runs a target for so long. What it finds of interest goes to a corpus below `target/`, that of the
    /// repository is where it begins.
    pub(super) fn run(&self, target: &Target, time: Duration) -> Result<Run, XtaskError> {
        let name = &target.name;
        let folder = target_dir().join("fuzz");
        let found = folder.join("corpus").join(name);
        let log = folder.join(format!("{name}.log"));
        fs::create_dir_all(&found).map_err(unwritable(&found))?;
        let said = File::create(&log).map_err(unwritable(&log))?;
        let mut command = self.command(target, &found, time);
        let ending = watch_for(time + Self::BUILDING, command.stderr(said), |_| {})?;
        let said = fs::read(&log).map_err(unreadable(&log))?;
        let said = String::from_utf8_lossy(&said);
        if !ending.is_success() {
            let last: Vec<&str> = said.lines().rev().take(30).collect();
            let last: Vec<&str> = last.into_iter().rev().collect();
            println!(
                "{}\n{name}: {ending}; all of it: {}",
                last.join("\n"),
                log.display()
            );
        }
        Ok(Run {
            target: name.clone(),
            is_finished: ending.is_success(),
            ..told(&said)
        })
    }

    fn command(&self, target: &Target, found: &Path, time: Duration) -> Command {
        let name = &target.name;
        let fuzz = workspace_root().join("fuzz");
        let mut command = program(&self.program);
        command.env("RUSTUP_TOOLCHAIN", Self::TOOLCHAIN);
        // There is no unsafe code to be watched, and without a sanitizer it is several times as fast.
        command.args(["fuzz", "run", "--sanitizer", "none"]);
        command.args(["--no-default-features", "--features"]);
        command.arg(target.features.join(",")).arg(name);
        command.args([found, &fuzz.join("corpus").join(name)]);
        command.args(["--", "-print_final_stats=1", "-timeout=60"]);
        command.arg(format!("-max_total_time={}", time.as_secs()));
        let dictionary = fuzz.join("dictionaries").join(name);
        if dictionary.is_file() {
            command.arg(format!("-dict={}", dictionary.display()));
        }
        command
    }
}

fn rustc() -> Command {
    let mut rustc = program("rustc");
    rustc.env("RUSTUP_TOOLCHAIN", Fuzzer::TOOLCHAIN);
    rustc
}

/// What libFuzzer has told of itself. `DONE` says for how long, and the statistics how much was run.
fn told(said: &str) -> Run {
    let number = |text: Option<&str>| {
        let digits = text
            .unwrap_or_default()
            .trim()
            .split(|c: char| !c.is_ascii_digit());
        let first = digits.into_iter().next();
        first.and_then(|digits| digits.parse().ok()).unwrap_or(0)
    };
    let behind = |mark: &str| {
        let mut lines = said.lines().rev();
        lines.find_map(|line| line.split_once(mark).map(|(_, rest)| rest))
    };
    Run {
        target: String::new(),
        executions: number(behind("stat::number_of_executed_units:")),
        seconds: number(behind(" runs in ")),
        corpus: number(behind(" corp: ")),
        is_finished: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_run_has_done_is_read_from_its_last_words() {
        let said = "#1024\tpulse  corp: 3/9b lim: 4\n\
                    #2048\tDONE   cov: 12 ft: 34 corp: 56/7Kb lim: 100 exec/s: 1024 rss: 40Mb\n\
                    Done 2048 runs in 2 second(s)\n\
                    stat::number_of_executed_units: 2048\n\
                    stat::average_exec_per_sec:     1024\n";
        let run = told(said);
        assert_eq!((run.executions, run.seconds, run.corpus), (2048, 2, 56));
        assert!(!run.is_good(), "whether it was finished is said by its end");
        assert_eq!(told("").executions, 0);
    }
}
