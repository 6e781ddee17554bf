//! The tutorial, done as it stands there: what comes of each command is held against the text, and all
//! of it has to take less than ten minutes.

mod page;
mod pattern;
mod terminal;

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process,
    time::{Duration, Instant},
};

use self::{
    page::Step,
    terminal::{Deviation, Terminal},
};
use crate::{
    Verdict,
    cargo::{target_dir, workspace_root},
    error::XtaskError,
    table::Table,
};

/// What the tutorial promises.
const LIMIT: Duration = Duration::from_secs(600);

/// How much of a command stands in the table.
const SHOWN: usize = 60;

/// The address that readers clone; here it leads to this very repository, as far as it is committed.
const REPOSITORY: &str = "https://github.com/portcullis-rs/portcullis";

/// `cargo xtask tutorial`.
pub(crate) fn run(is_warm: bool) -> Result<Verdict, XtaskError> {
    let page = workspace_root().join("docs").join("tutorial.md");
    let text = fs::read_to_string(&page).map_err(|source| XtaskError::Read {
        path: page.clone(),
        source,
    })?;
    let steps =
        page::steps(&text).map_err(|reason| XtaskError::Malformed { path: page, reason })?;
    let folder = Folder::new(is_warm)?;
    let mut reader = Reader {
        folder: &folder.0,
        environment: environment(is_warm),
        terminals: BTreeMap::new(),
        deadline: Instant::now() + LIMIT,
    };
    let mut table = Table::headed(["step", "seconds"]);
    let begun = Instant::now();
    let mut verdict = Verdict::Good;
    for step in &steps {
        let at = Instant::now();
        let done = reader.follow(step)?;
        table.row([shown(step), format!("{:.1}", at.elapsed().as_secs_f64())]);
        if let Err(deviation) = done {
            println!("\n{}: {deviation}", shown(step));
            verdict = Verdict::Bad;
            break;
        }
    }
    let took = begun.elapsed();
    // Everything that was started ends here, and may say so.
    drop(reader);
    table.row(["all of it".to_owned(), format!("{:.1}", took.as_secs_f64())]);
    println!("\n{}", table.text());
    Ok(verdict)
}

/// Somebody who does what the text says.
struct Reader<'a> {
    folder: &'a Path,
    environment: Vec<(String, String)>,
    terminals: BTreeMap<String, Terminal>,
    deadline: Instant,
}

impl Reader<'_> {
    fn follow(&mut self, step: &Step) -> Result<Result<(), Deviation>, XtaskError> {
        let deadline = self.deadline;
        match step {
            Step::File { path, text } => {
                let path = self.folder.join(path);
                let written = fs::write(&path, text);
                written.map_err(|source| XtaskError::Write { path, source })?;
            }
            Step::Type {
                terminal,
                waits,
                exchanges,
            } => {
                let terminal = self.terminal(terminal)?;
                for (at, exchange) in exchanges.iter().enumerate() {
                    terminal.type_in(&exchange.command)?;
                    if !waits && at + 1 == exchanges.len() {
                        break;
                    }
                    if let Err(deviation) = terminal.expect_end(&exchange.output, deadline) {
                        return Ok(Err(deviation));
                    }
                }
            }
            Step::Await { terminal, output } => {
                return Ok(self.terminal(terminal)?.expect_said(output, deadline));
            }
        }
        Ok(Ok(()))
    }

    fn terminal(&mut self, name: &str) -> Result<&mut Terminal, XtaskError> {
        use std::collections::btree_map::Entry;
        match self.terminals.entry(name.to_owned()) {
            Entry::Occupied(open) => Ok(open.into_mut()),
            Entry::Vacant(place) => {
                let terminal = Terminal::open(name, self.folder, &self.environment)?;
                Ok(place.insert(terminal))
            }
        }
    }
}

/// The clone is one of this repository, and no proxy stands between programs on this machine.
fn environment(is_warm: bool) -> Vec<(String, String)> {
    let repository = workspace_root();
    let mut environment = vec![
        ("GIT_CONFIG_COUNT".to_owned(), "1".to_owned()),
        (
            "GIT_CONFIG_KEY_0".to_owned(),
            format!("url.file://{}.insteadOf", repository.display()),
        ),
        ("GIT_CONFIG_VALUE_0".to_owned(), REPOSITORY.to_owned()),
        ("no_proxy".to_owned(), "127.0.0.1,localhost".to_owned()),
        ("CARGO_TERM_PROGRESS_WHEN".to_owned(), "never".to_owned()),
    ];
    if is_warm {
        let target = target_dir().display().to_string();
        environment.push(("CARGO_TARGET_DIR".to_owned(), target));
    }
    environment
}

/// What a step is called in the table.
fn shown(step: &Step) -> String {
    match step {
        Step::File { path, .. } => path.clone(),
        Step::Type { exchanges, .. } => exchanges.last().map_or_else(String::new, |last| {
            let line = last.command.lines().next().unwrap_or_default();
            line.chars().take(SHOWN).collect()
        }),
        Step::Await { terminal, .. } => format!("what `{terminal}` says"),
    }
}

/// A folder that goes when it is no longer needed.
struct Folder(PathBuf);

impl Folder {
    /// A warm one has always the same path, so that cargo finds again what it has built.
    fn new(is_warm: bool) -> Result<Self, XtaskError> {
        let name = if is_warm {
            "portcullis-tutorial".to_owned()
        } else {
            format!("portcullis-tutorial-{}", process::id())
        };
        let path = env::temp_dir().join(name);
        // What an earlier run has left.
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).map_err(|source| XtaskError::Write {
            path: path.clone(),
            source,
        })?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is in nobody's way.
        let _ = fs::remove_dir_all(&self.0);
    }
}
