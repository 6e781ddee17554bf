use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

use super::{
    Plan,
    incidents::Counts,
    load::Sent,
    oracle::{Oracle, Wrong},
    samples::{Sample, Samples},
};
use crate::Way;

/// How many samples a report has at the most.
const SAMPLES: usize = 200;
/// After so long everything that is kept is full, in seconds.
const WARM: f64 = 120.0;
/// By how much memory may grow from then on, in percent.
const GROWTH: f64 = 5.0;
/// How much of the rate has to be reached.
const PACE: f64 = 0.99;

/// What a process holds: memory in KiB.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Resources {
    pub(super) memory: u64,
    pub(super) descriptors: u64,
    pub(super) threads: u64,
    pub(super) tasks: u64,
}

/// What came of a soak.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    minutes: u32,
    rate: u32,
    seed: u64,
    requests: u64,
    requests_not_sent: u64,
    requests_sent_late: u64,
    garbage: u64,
    wrong_accepts: usize,
    wrong_refusals: usize,
    odd_answers: usize,
    unavailable_without_a_fault: usize,
    unavailable_in_a_fault: u64,
    logouts: u64,
    revocations: u64,
    key_rotations: u64,
    kills_of_keycloak: u64,
    stalls_of_keycloak: u64,
    kills_of_redis: u64,
    kills_of_a_replica: u64,
    tokens_whose_fate_keycloak_forgot: u64,
    memory_kib_when_warm: u64,
    memory_kib_at_the_end: u64,
    memory_growth_percent: f64,
    descriptors_before: u64,
    descriptors_at_most: u64,
    descriptors_after: u64,
    tasks_before: u64,
    tasks_at_most: u64,
    tasks_after: u64,
    is_good: bool,
    routes: Vec<Route>,
    /// Seconds, KiB, descriptors, threads, tasks.
    samples: Vec<[u64; 5]>,
    #[serde(skip)]
    remarks: Vec<String>,
}

/// How often a route answered what.
#[derive(Debug, Serialize)]
struct Route {
    route: &'static str,
    answered_200: u64,
    answered_401: u64,
    answered_503: u64,
    not_answered: u64,
}

impl Report {
    pub(super) fn of(
        plan: Plan,
        counts: &Counts,
        sent: &Sent,
        oracle: &Oracle,
        samples: &Samples,
        (before, after): (Resources, Resources),
    ) -> Self {
        let counted = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let taken = samples.all();
        let most = |of: fn(&Resources) -> u64| {
            let values = taken.iter().map(|(_, resources)| of(resources));
            values.max().unwrap_or_default()
        };
        let (warm, end) = memory(&taken);
        let growth = (end as f64 / warm.max(1) as f64 - 1.0) * 100.0;
        let mut report = Self {
            minutes: plan.minutes,
            rate: plan.rate,
            seed: plan.seed,
            requests: sent.due - sent.dropped,
            requests_not_sent: sent.dropped,
            requests_sent_late: sent.late,
            garbage: sent.garbage,
            wrong_accepts: oracle.count(Wrong::Accept),
            wrong_refusals: oracle.count(Wrong::Refusal),
            odd_answers: oracle.count(Wrong::Odd),
            unavailable_without_a_fault: oracle.count(Wrong::Unavailable),
            unavailable_in_a_fault: oracle.excused(),
            logouts: counted(&counts.logouts),
            revocations: counted(&counts.revocations),
            key_rotations: counted(&counts.rotations),
            kills_of_keycloak: counted(&counts.keycloak_kills),
            stalls_of_keycloak: counted(&counts.keycloak_stalls),
            kills_of_redis: counted(&counts.redis_kills),
            kills_of_a_replica: counted(&counts.replica_kills),
            tokens_whose_fate_keycloak_forgot: counted(&counts.forgotten),
            memory_kib_when_warm: warm,
            memory_kib_at_the_end: end,
            memory_growth_percent: (growth * 100.0).round() / 100.0,
            descriptors_before: before.descriptors,
            descriptors_at_most: most(|it| it.descriptors),
            descriptors_after: after.descriptors,
            tasks_before: before.tasks,
            tasks_at_most: most(|it| it.tasks),
            tasks_after: after.tasks,
            is_good: false,
            routes: routes(oracle),
            samples: thinned(&taken),
            remarks: Vec::new(),
        };
        report.remarks = report.faults();
        report.is_good = report.remarks.is_empty();
        report
    }

    pub(super) const fn is_good(&self) -> bool {
        self.is_good
    }

    /// What is not as it should be.
    pub(super) fn remarks(&self) -> &[String] {
        &self.remarks
    }

    pub(super) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    fn faults(&self) -> Vec<String> {
        let due = f64::from(self.rate) * f64::from(self.minutes) * 60.0;
        let faults = [
            (self.wrong_accepts > 0, "tokens were let in wrongly"),
            (self.wrong_refusals > 0, "tokens were refused wrongly"),
            (self.odd_answers > 0, "there were odd answers"),
            (
                self.unavailable_without_a_fault > 0,
                "there was 503, or no answer, while nothing was broken",
            ),
            (
                (self.requests as f64) < due * PACE,
                "the rate was not reached",
            ),
            (self.memory_growth_percent >= GROWTH, "memory grows"),
            (self.memory_kib_when_warm == 0, "memory was not looked at"),
            (
                self.descriptors_after > self.descriptors_before,
                "descriptors are left",
            ),
            (self.tasks_after > self.tasks_before, "tasks are left"),
        ];
        let found = faults.into_iter().filter(|(is_so, _)| *is_so);
        found.map(|(_, what)| what.to_owned()).collect()
    }
}

/// The medians of memory when all is warm, and at the end.
fn memory(taken: &[Sample]) -> (u64, u64) {
    let length = taken.last().map_or(0.0, |(at, _)| *at);
    let warm = WARM.min(length / 3.0);
    let window = WARM.min((length - warm) / 2.0);
    let median = |from: f64, until: f64| {
        let within = taken.iter().filter(|(at, _)| (from..=until).contains(at));
        let mut values: Vec<u64> = within.map(|(_, resources)| resources.memory).collect();
        values.sort_unstable();
        values.get(values.len() / 2).copied().unwrap_or_default()
    };
    (median(warm, warm + window), median(length - window, length))
}

fn routes(oracle: &Oracle) -> Vec<Route> {
    let statuses = oracle.statuses();
    let routes = Way::ALL.map(|way| {
        let count = |status: u16| statuses.get(&(way, status)).copied().unwrap_or_default();
        Route {
            route: way.name(),
            answered_200: count(200),
            answered_401: count(401),
            answered_503: count(503),
            not_answered: count(0),
        }
    });
    routes.into()
}

fn thinned(taken: &[Sample]) -> Vec<[u64; 5]> {
    let step = taken.len().div_ceil(SAMPLES).max(1);
    let kept = taken.iter().step_by(step);
    let rows = kept.map(|(at, resources)| {
        let Resources {
            memory,
            descriptors,
            threads,
            tasks,
        } = *resources;
        [at.round() as u64, memory, descriptors, threads, tasks]
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(length: u64, memory: impl Fn(u64) -> u64) -> Vec<Sample> {
        let times = (5..=length).step_by(5);
        let samples = times.map(|at| {
            let resources = Resources {
                memory: memory(at),
                ..Resources::default()
            };
            (at as f64, resources)
        });
        samples.collect()
    }

    #[test]
    fn memory_is_compared_from_when_all_is_warm() {
        let flat = samples(1200, |at| if at < 120 { at } else { 1000 });
        assert_eq!(memory(&flat), (1000, 1000));
        let growing = samples(1200, |at| at);
        assert_eq!(memory(&growing), (180, 1140));
        assert_eq!(memory(&[]), (0, 0));
    }

    #[test]
    fn a_report_has_few_samples() {
        assert_eq!(thinned(&samples(1200, |_| 1)).len(), 120);
        assert!(thinned(&samples(12_000, |_| 1)).len() <= SAMPLES);
    }
}
