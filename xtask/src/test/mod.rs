//! Everything there is to run, one suite after the other, but for the one that mostly waits.

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
    let mut lane: Option<(&str, Lane)> = None;
    for (at, step) in steps.iter().enumerate() {
        println!("\n=== [{}/{}] {} ===", at + 1, steps.len(), step.name);
        if lane.is_none()
            && let Some(next) = ahead(&steps, at)
        {
            lane = begun(next);
        }
        let suite = match lane.take_if(|(id, _)| *id == step.id) {
            Some((_, lane)) => lane.ended()?,
            None => step.ran(),
        };
        println!("--- {}", suite.in_short());
        suites.push(suite);
    }
    let (text, sum) = report(&suites, is_ci());
    println!("\n{text}");
    Ok(Verdict::good_if(sum.failed == 0))
}

/// Begins a suite before its turn. Where that fails, it runs when it is.
fn begun(step: &'static Step) -> Option<(&'static str, Lane)> {
    let prepared = step.ahead.map_or(Ok(()), |ahead| (ahead.prepare)());
    match prepared.and_then(|()| Lane::begin(step)) {
        Ok(lane) => {
            println!("{} begins beside it, and is shown in its turn.", step.name);
            Some((step.id, lane))
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

/// A suite behind the one at this place that may begin beside it.
fn ahead(steps: &[&'static Step], at: usize) -> Option<&'static Step> {
    let place = |id: &str| steps::ALL.iter().position(|step| step.id == id);
    let now = place(steps.get(at)?.id)?;
    let mut behind = steps.iter().skip(at + 1).copied();
    behind.find(|step| {
        step.ahead
            .is_some_and(|ahead| place(ahead.after).is_some_and(|after| after < now))
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
        let begun = (0..steps.len()).filter_map(|at| Some((steps[at].id, ahead(&steps, at)?.id)));
        begun.collect()
    }

    #[test]
    fn a_suite_that_waits_begins_beside_those_that_it_may_and_no_earlier() {
        assert_eq!(begun(&["unit", "demo", "keycloak"]), []);
        assert_eq!(
            begun(&["demo", "grpc", "keycloak", "faults"]),
            [("grpc", "keycloak")]
        );
        assert_eq!(begun(&[])[0], ("playground", "keycloak"));
    }

    #[test]
    fn nothing_runs_beside_a_suite_that_wants_the_machine_for_itself() {
        for id in ["nginx", "faults", "tutorial", "readmes"] {
            assert!(begun(&[]).iter().all(|&(beside, _)| beside != id), "{id}");
        }
        assert_eq!(begun(&["keycloak"]), []);
        assert_eq!(begun(&["keycloak", "nginx", "faults"]), []);
    }
}
