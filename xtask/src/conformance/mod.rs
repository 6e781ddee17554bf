//! The conformance suite: which lines of its checklist are tested, and how they fared.

mod checklist;
mod deviations;
mod line;
mod standing;

pub(crate) use self::line::Section;
use self::{
    checklist::Checklist,
    deviations::Deviations,
    line::{LineId, LineTests},
    standing::Standing,
};
use crate::{
    Verdict,
    cargo::workspace_root,
    error::XtaskError,
    libtest::{Heard, Line},
    table::Table,
    targets::{self, Targets},
    watch::{Ending, watch_closely},
};

/// What a run of the suite came to.
#[derive(Debug)]
pub(crate) struct Conformance {
    pub(crate) ending: Ending,
    pub(crate) heard: Heard,
    standing: Standing,
}

/// `cargo xtask conformance`.
pub(crate) fn only(section: Option<Section>) -> Result<Verdict, XtaskError> {
    let conformance = run(section)?;
    println!("\n{}", conformance.report());
    Ok(Verdict::good_if(conformance.is_good()))
}

/// Runs the tests of the suite, or of one section of it, and holds them against the checklist.
pub(crate) fn run(section: Option<Section>) -> Result<Conformance, XtaskError> {
    let folder = workspace_root().join("tests").join("conformance");
    let checklist = Checklist::read(&folder.join("checklist.txt"))?.only(section)?;
    let deviations = Deviations::read(&folder.join("deviations.toml"))?;

    let all = Targets::read()?;
    let programs = all.integration_tests(|package| package == "portcullis-conformance");
    let mut command = targets::tests();
    command
        .args(targets::selected(programs))
        .arg("--no-fail-fast");
    if section.is_some() {
        command
            .arg("--")
            .args(checklist.ids().map(LineId::test_prefix));
    }
    let mut heard = Heard::default();
    let mut lines = LineTests::default();
    let ending = watch_closely(&mut command, |said| {
        if let Some(Line::Test { name, outcome }) = heard.line(said) {
            lines.add(name, outcome);
        }
    })?;
    Ok(Conformance {
        ending,
        heard,
        standing: Standing::of(&checklist, &lines.only(section), &deviations.only(section)),
    })
}

impl Conformance {
    pub(crate) fn is_good(&self) -> bool {
        self.ending.is_success() && self.standing.wrong() == 0
    }

    /// How the lines of the checklist stand.
    pub(crate) fn standing(&self) -> &Standing {
        &self.standing
    }

    /// The one line that says it all.
    pub(crate) fn summary(&self) -> String {
        let sum = self.standing.sum();
        format!(
            "{} passed, {} deviating, {} total",
            sum.passed, sum.deviating, sum.total
        )
    }

    /// A row per section, what is wrong, and the summary as the last line.
    pub(crate) fn report(&self) -> String {
        let mut table = Table::headed([
            "section",
            "lines",
            "passed",
            "deviating",
            "failed",
            "missing",
        ]);
        for (section, count) in self.standing.sections() {
            table.row([
                section.to_string(),
                count.total.to_string(),
                count.passed.to_string(),
                count.deviating.to_string(),
                count.failed.to_string(),
                count.missing.to_string(),
            ]);
        }
        let mut lines = vec![table.text(), String::new()];
        lines.extend(self.standing.notes().iter().cloned());
        lines.extend(self.standing.faults());
        if !self.ending.is_success() {
            lines.push(format!("the suite did not pass: {}", self.ending));
        }
        lines.push(self.summary());
        lines.join("\n")
    }
}
