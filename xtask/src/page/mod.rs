//! Pages that are done as they stand there: what comes of each command is held against the text.

mod pattern;
mod steps;
mod terminal;

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    time::{Duration, Instant},
};

use self::{
    steps::Step,
    terminal::{Deviation, Terminal},
};
use crate::{Faults, error::XtaskError, files};

/// Somebody who does what pages say, in a folder. Whatever they have started ends with this.
pub(crate) struct Reader<'a> {
    folder: &'a Path,
    environment: Vec<(String, String)>,
    terminals: BTreeMap<String, Terminal>,
    deadline: Instant,
}

impl<'a> Reader<'a> {
    /// Whose terminals have these variables beside their own, and who gives up after `limit`.
    pub(crate) fn new(
        folder: &'a Path,
        mut environment: Vec<(String, String)>,
        limit: Duration,
    ) -> Self {
        // No proxy stands between programs on this machine.
        environment.push(("no_proxy".to_owned(), "127.0.0.1,localhost".to_owned()));
        environment.push(("CARGO_TERM_PROGRESS_WHEN".to_owned(), "never".to_owned()));
        Self {
            folder,
            environment,
            terminals: BTreeMap::new(),
            deadline: Instant::now() + limit,
        }
    }

    /// Does what a page says, up to the first thing that goes otherwise, which is said. `done` hears of each
    /// step and of how long it took.
    pub(crate) fn read(
        &mut self,
        page: &Path,
        mut done: impl FnMut(String, Duration),
    ) -> Result<Faults, XtaskError> {
        self.read_text(&files::read(page)?, page, &mut done)
    }

    /// The same with a page of this text.
    pub(crate) fn read_text(
        &mut self,
        text: &str,
        page: &Path,
        done: &mut impl FnMut(String, Duration),
    ) -> Result<Faults, XtaskError> {
        let steps = steps::steps(text).map_err(|reason| files::malformed(page, reason))?;
        for step in &steps {
            let begun = Instant::now();
            let followed = self.follow(step)?;
            done(step.shown(), begun.elapsed());
            if let Err(deviation) = followed {
                let fault = format!("{}: {}: {deviation}", page.display(), step.shown());
                println!("\n{fault}");
                return Ok(vec![fault]);
            }
        }
        Ok(Faults::new())
    }

    fn follow(&mut self, step: &Step) -> Result<Result<(), Deviation>, XtaskError> {
        let deadline = self.deadline;
        match step {
            Step::File { path, text } => {
                let path = self.folder.join(path);
                fs::write(&path, text).map_err(files::unwritable(&path))?;
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
