use std::collections::BTreeMap;

use portcullis_bench::{Failure, Rounds, Samples, median, median_of_pairs};

use crate::{
    machine::{Machine, today},
    report::{Report, rounded},
    side_by_side::{OURS, group, middle, of_pairs, over_no_op},
    versions,
};

/// What the programs have measured.
pub struct Measured {
    pub(crate) peers: Samples,
    pub(crate) allocations: Samples,
    pub(crate) memory: Samples,
    pub(crate) growth: Samples,
    pub(crate) load: Samples,
    pub(crate) gateway: Samples,
    pub(crate) instructions: BTreeMap<String, u64>,
}

impl Measured {
    /// Reads what they have left.
    ///
    /// # Errors
    /// When one of them has left nothing.
    pub fn read(instructions: BTreeMap<String, u64>) -> Result<Self, Failure> {
        Ok(Self {
            peers: Samples::read("peers")?,
            allocations: Samples::read("allocations")?,
            memory: Samples::read("memory")?,
            growth: Samples::read("growth")?,
            load: Samples::read("load")?,
            gateway: Samples::read("gateway")?,
            instructions,
        })
    }

    /// The report on it.
    ///
    /// # Errors
    /// When something is missing.
    pub fn report(self) -> Result<Report, Failure> {
        let medians = |rounds: &Rounds, by: f64| -> BTreeMap<String, f64> {
            let medians = rounds
                .iter()
                .filter_map(|(case, rounds)| Some((case.clone(), rounded(median(rounds)? / by))));
            medians.collect()
        };
        let throughput = self.load.groups.iter().filter_map(|(group, rounds)| {
            let way = group.strip_prefix("http ")?;
            let share = median_of_pairs(rounds.get("with")?, rounds.get("bare")?, |a, b| a / b);
            Some((way.to_owned(), rounded(share?)))
        });
        let mut growth = medians(group(&self.growth, "growth")?, 1.0);
        let issuers = medians(group(&self.growth, "issuers")?, 1.0);
        growth.extend(
            issuers
                .into_iter()
                .map(|(n, ns)| (format!("{n} issuers"), ns)),
        );
        let mut failures = BTreeMap::new();
        for samples in [&self.peers, &self.allocations, &self.load, &self.gateway] {
            failures.extend(samples.failures.clone());
        }
        Ok(Report {
            date: today(),
            machine: Machine::here(),
            versions: versions::locked()?,
            latency: medians(group(&self.peers, "known-token")?, 1000.0),
            growth,
            throughput: throughput.collect(),
            constants: self.constants()?,
            figures: self.figures()?,
            instructions: self.instructions,
            failures,
        })
    }

    fn constants(&self) -> Result<BTreeMap<String, f64>, Failure> {
        let asked = group(&self.peers, "require-active")?;
        let known = group(&self.peers, "known-token")?;
        let unseen = group(&self.peers, "first-sight-rs256")?;
        let look_up = group(&self.growth, "look-up")?;
        let revocation = group(&self.growth, "memory-per-revocation")?;
        let memory = group(&self.memory, "memory")?;
        let size = group(&self.growth, "growth-size")?;
        let own = over_no_op(group(&self.peers, "require-active-own")?, OURS)?;
        let of_call = of_pairs(asked, OURS, "bare call", |a, b| a / b)?;
        let constants = [
            ("known token, µs", over_no_op(known, OURS)?),
            ("first sight, µs", over_no_op(unseen, OURS)?),
            ("bytes per token", middle(memory, "bytes per token")?),
            ("bytes per revocation", middle(revocation, "bytes")?),
            (
                "look-up among 1 revocation, ns",
                middle(look_up, "1 revocation")?,
            ),
            (
                "look-up among many revocations, ns",
                middle(look_up, "many revocations")?,
            ),
            ("tokens and revocations in growth", middle(size, "many")?),
            ("require-active over the bare call", of_call),
            ("require-active, our own µs", own),
        ];
        Ok(constants
            .map(|(name, figure)| (name.to_owned(), rounded(figure)))
            .into())
    }
}
