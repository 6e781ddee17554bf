//! Everything there is to run, one suite after the other, but for the one that minds no other.

mod lane;
mod report;
mod servers;
mod steps;
mod suite;

use std::path::Path;

use self::{lane::Lane, report::report, steps::Step};
use crate::{Verdict, cargo::is_ci, error::XtaskError};

/// The names of the suites on the command line.
pub(crate) fn ids() -> impl Iterator<Item = &'static str> {
    steps::ALL.iter().map(|step| step.id)
}

/// `cargo xtask test`: the suites that are named, or all of them. No failure stops it; what could
/// not run is a failure only in CI.
pub(crate) fn run(named: &[String]) -> Result<Verdict, XtaskError> {
    let steps = wanted(named);
    let mut suites = Vec::with_capacity(steps.len());
    let mut beside = Beside::default();
    for (at, step) in steps.iter().enumerate() {
        println!("\n=== [{}/{}] {} ===", at + 1, steps.len(), step.name);
        beside.begin(&steps, at, begun);
        let suite = match beside.lane_of(step) {
            Some(lane) => lane.ended(),
            None => step.ran(),
        };
        println!("--- {}", suite.in_short());
        suites.push(suite);
    }
    let (text, sum) = report(&suites, is_ci());
    println!("\n{text}");
    Ok(Verdict::good_if(sum.failed == 0))
}

/// The suite that runs beside others, one at a time, in the time that they leave over.
struct Beside<L = Lane> {
    lane: Option<(&'static str, L)>,
    /// Those that were to begin before their turn. One that could not is not tried again: it runs when it is.
    tried: Vec<&'static str>,
}

impl<L> Default for Beside<L> {
    fn default() -> Self {
        Self {
            lane: None,
            tried: Vec::new(),
        }
    }
}

impl<L> Beside<L> {
    /// Begins what may run beside the step at this place.
    fn begin(
        &mut self,
        steps: &[&'static Step],
        at: usize,
        begun: impl FnOnce(&'static Step) -> Option<L>,
    ) {
        if self.lane.is_none()
            && let Some(step) = ahead(steps, at, &self.tried)
        {
            self.tried.push(step.id);
            self.lane = begun(step).map(|lane| (step.id, lane));
        }
    }

    /// Where this step has begun already.
    fn lane_of(&mut self, step: &Step) -> Option<L> {
        let (_, lane) = self.lane.take_if(|(id, _)| *id == step.id)?;
        Some(lane)
    }
}

/// Begins a suite before its turn.
fn begun(step: &'static Step) -> Option<Lane> {
    let prepared = step.ahead.map_or(Ok(()), |ahead| (ahead.prepare)());
    match prepared.and_then(|()| Lane::begin(step)) {
        Ok(lane) => {
            println!("{} begins beside it, and is shown in its turn.", step.name);
            Some(lane)
        }
        Err(error) => {
            println!("{} does not begin: {error}", step.name);
            None
        }
    }
}

/// What a process does that another one has begun for one suite.
pub(crate) fn run_in_lane(named: &[String], outcome: &Path) -> Result<Verdict, XtaskError> {
    for step in wanted(named) {
        lane::inside(step, outcome)?;
    }
    Ok(Verdict::Good)
}

fn wanted(named: &[String]) -> Vec<&'static Step> {
    let is_wanted = |id| named.is_empty() || named.iter().any(|name| name == id);
    let steps = steps::ALL.iter();
    steps.filter(|step| is_wanted(step.id)).collect()
}

/// A suite behind the one at this place that may begin beside it, but for those that were tried.
fn ahead(steps: &[&'static Step], at: usize, tried: &[&str]) -> Option<&'static Step> {
    let place = |id: &str| steps::ALL.iter().position(|step| step.id == id);
    let now = place(steps.get(at)?.id)?;
    let mut behind = steps.iter().skip(at + 1).copied();
    behind.find(|step| {
        let after = step.ahead.and_then(|ahead| place(ahead.after));
        after.is_some_and(|after| after < now) && !tried.contains(&step.id)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun(named: &[&str]) -> Vec<(&'static str, &'static str)> {
        let steps = wanted(
            &named
                .iter()
                .map(|&name| name.to_owned())
                .collect::<Vec<_>>(),
        );
        let begun =
            (0..steps.len()).filter_map(|at| Some((steps[at].id, ahead(&steps, at, &[])?.id)));
        begun.collect()
    }

    #[test]
    fn a_suite_that_minds_nobody_begins_beside_those_that_it_may_and_no_earlier() {
        assert_eq!(begun(&["dependencies", "instructions"]), []);
        assert_eq!(
            begun(&["grpc", "instructions", "faults"]),
            [("grpc", "instructions")]
        );
        assert_eq!(begun(&[])[0], ("unit", "instructions"));
    }

    #[test]
    fn nothing_runs_beside_a_suite_that_wants_the_machine_for_itself() {
        for id in ["nginx", "faults", "tutorial", "readmes"] {
            assert!(begun(&[]).iter().all(|&(beside, _)| beside != id), "{id}");
        }
        assert_eq!(begun(&["instructions"]), []);
        assert_eq!(begun(&["instructions", "nginx", "faults"]), []);
    }

    #[test]
    fn a_suite_that_does_not_begin_beside_others_is_tried_once_and_runs_in_its_turn() {
        let steps = wanted(&[]);
        for begins in [true, false] {
            let mut tried = Vec::new();
            let mut lanes = Vec::new();
            let mut beside = Beside::default();
            for (at, step) in steps.iter().enumerate() {
                beside.begin(&steps, at, |step| {
                    tried.push(step.id);
                    begins.then_some(())
                });
                if beside.lane_of(step).is_some() {
                    lanes.push(step.id);
                }
            }
            assert_eq!(tried, ["instructions"]);
            assert_eq!(lanes, if begins { vec!["instructions"] } else { vec![] });
        }
    }
}
