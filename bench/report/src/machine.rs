use std::{fs, process::Command, thread};

use serde::{Deserialize, Serialize};

/// Where a run took place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor, as it calls itself.
    pub processor: String,
    /// How many threads it runs at once.
    pub cores: usize,
    /// Its memory, in GiB.
    pub memory: u64,
    /// The operating system.
    pub system: String,
    /// The compiler.
    pub rustc: String,
}

impl Machine {
    /// This one.
    #[must_use]
    pub fn here() -> Self {
        let unknown = || "unknown".to_owned();
        let kilobytes = value_in("/proc/meminfo", "MemTotal")
            .and_then(|total| total.split(' ').next()?.parse::<u64>().ok());
        Self {
            processor: value_in("/proc/cpuinfo", "model name").unwrap_or_else(unknown),
            cores: thread::available_parallelism().map_or(1, Into::into),
            memory: kilobytes.unwrap_or_default() >> 20,
            system: said_by("uname", &["-sr"]).unwrap_or_else(unknown),
            rustc: said_by("rustc", &["--version"]).unwrap_or_else(unknown),
        }
    }
}

/// The day, by UTC.
#[must_use]
pub fn today() -> String {
    said_by("date", &["-u", "+%Y-%m-%d"]).unwrap_or_default()
}

fn value_in(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn said_by(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}
