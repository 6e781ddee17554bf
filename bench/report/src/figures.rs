use std::collections::BTreeMap;

use portcullis_bench::{Failure, Rounds, Samples, median, median_of_pairs};

use crate::{
    machine::{Machine, today},
    report::{Figure, Report},
    versions,
};

/// What the programs have measured.
pub struct Measured {
    peers: Samples,
    allocations: Samples,
    memory: Samples,
    growth: Samples,
    load: Samples,
    instructions: BTreeMap<String, u64>,
}

/// The name under which we stand beside the peers.
const OURS: &str = "portcullis";

/// Cases that are no peers.
const LIMITS: [&str; 5] = ["bare", "no-op", "raw", "one extension", OURS];

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
            instructions,
        })
    }

    /// The report on it.
    ///
    /// # Errors
    /// When something is missing.
    pub fn report(self) -> Result<Report, Failure> {
        let figures = vec![
            self.known_token()?,
            self.first_sight("first-sight-rs256", 1.25)?,
            self.first_sight("first-sight-es256", 1.12)?,
            self.first_sight("first-sight-eddsa", 1.12)?,
            self.introspection_hit()?,
            self.require_active()?,
            self.allocations()?,
            self.throughput()?,
            self.memory_per_token()?,
            self.growth()?,
        ];
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
        for samples in [&self.peers, &self.allocations, &self.load] {
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
            instructions: self.instructions,
            figures,
            failures,
        })
    }

    fn known_token(&self) -> Result<Figure, Failure> {
        let rounds = group(&self.peers, "known-token")?;
        let value = over_no_op(rounds, OURS)?;
        let peer = best_peer(rounds, true)?;
        let met = value <= 0.5 && peer.1 >= 35.0 * value;
        Ok(Figure::new("known-token", "µs over a no-op layer", value)
            .limit(middle(rounds, "no-op")? / 1000.0)
            .beside(peer)
            .goal("≤ 0.5, and the best peer at least 35 times that", met))
    }

    fn first_sight(&self, id: &str, most: f64) -> Result<Figure, Failure> {
        let rounds = group(&self.peers, id)?;
        let value = over_no_op(rounds, OURS)?;
        let limit = middle(rounds, "raw")? / 1000.0;
        let met = value <= most * limit;
        Ok(Figure::new(id, "µs over a no-op layer", value)
            .limit(limit)
            .beside(best_peer(rounds, true)?)
            .goal(&format!("≤ {most} × the limit, raw verification"), met))
    }

    fn introspection_hit(&self) -> Result<Figure, Failure> {
        let rounds = group(&self.peers, "introspection-hit")?;
        let value = over_no_op(rounds, OURS)?;
        let met = value <= 1.2;
        Ok(
            Figure::new("introspection-hit", "µs over a no-op layer", value)
                .limit(middle(rounds, "no-op")? / 1000.0)
                .beside(best_peer(rounds, true)?)
                .goal("≤ 1.2", met),
        )
    }

    fn require_active(&self) -> Result<Figure, Failure> {
        let rounds = group(&self.peers, "require-active")?;
        let ratio = of_pairs(rounds, OURS, "bare call", |a, b| a / b)?;
        let own = over_no_op(group(&self.peers, "require-active-own")?, OURS)?;
        let met = ratio <= 1.05 || own <= 10.0;
        Ok(
            Figure::new("require-active", "µs", middle(rounds, OURS)? / 1000.0)
                .limit(middle(rounds, "bare call")? / 1000.0)
                .goal(
                    "≤ 1.05 × the limit, a bare call, or ≤ 10 µs of our own",
                    met,
                ),
        )
    }

    fn allocations(&self) -> Result<Figure, Failure> {
        let counted = group(&self.allocations, "allocations")?;
        let over = |case| of_pairs(counted, case, "no-op", |a, b| a - b);
        let (value, limit) = (over(OURS)?, over("one extension")?);
        let (peer, count) = best_peer(counted, false)?;
        let peer = (peer, count - middle(counted, "no-op")?);
        Ok(Figure::new("allocations", "over a no-op layer", value)
            .limit(limit)
            .beside(peer)
            .goal("no more than the limit, one extension", value <= limit))
    }

    fn throughput(&self) -> Result<Figure, Failure> {
        let share = |way: &str| {
            let rounds = group(&self.load, &format!("http {way}"))?;
            of_pairs(rounds, "with", "bare", |a, b| a / b)
        };
        let value = share("local")?;
        let peers = ["tower-oauth2-resource-server", "oauth-resource-server"];
        let best = peers
            .into_iter()
            .filter_map(|peer| Some((peer.to_owned(), share(peer).ok()?)))
            .max_by(|a, b| a.1.total_cmp(&b.1));
        let figure = Figure::new("http-throughput", "of the bare route's requests", value);
        let figure = match best {
            Some(best) => figure.beside(best),
            None => figure,
        };
        Ok(figure.limit(1.0).goal("≥ 0.95", value >= 0.95))
    }

    fn memory_per_token(&self) -> Result<Figure, Failure> {
        let counted = group(&self.memory, "memory")?;
        let value = middle(counted, "bytes per token")?;
        let (held, limit) = (middle(counted, "bytes held")?, middle(counted, "limit")?);
        // Where nothing is kept there is nothing to be proud of.
        let met = value > 0.0 && value <= 1536.0 && held <= limit;
        let goal = format!(
            "≤ 1,536, and a million tokens within the limit that is set ({:.1} of {:.1} MiB)",
            held / MEBIBYTE,
            limit / MEBIBYTE
        );
        Ok(Figure::new("memory-per-token", "bytes", value)
            .limit(middle(counted, "bytes of claims")?)
            .goal(&goal, met))
    }

    fn growth(&self) -> Result<Figure, Failure> {
        let rounds = group(&self.growth, "growth")?;
        let (many, one) = ("many tokens, many revocations", "1 token, 1 revocation");
        let value = of_pairs(rounds, many, one, |a, b| a / b)?;
        Ok(Figure::new(
            "growth",
            "times the request of one token and one revocation",
            value,
        )
        .limit(1.0)
        .goal("≤ 1.5 with 10⁶ tokens and 10⁶ revocations", value <= 1.5))
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

const MEBIBYTE: f64 = 1024.0 * 1024.0;

impl Figure {
    fn new(id: &str, unit: &str, value: f64) -> Self {
        Self {
            id: id.to_owned(),
            unit: unit.to_owned(),
            value: rounded(value),
            limit: 0.0,
            peer: None,
            peer_value: None,
            goal: String::new(),
            met: false,
        }
    }

    fn limit(mut self, limit: f64) -> Self {
        self.limit = rounded(limit);
        self
    }

    fn beside(mut self, (peer, value): (String, f64)) -> Self {
        self.peer = Some(peer);
        self.peer_value = Some(rounded(value));
        self
    }

    fn goal(mut self, goal: &str, met: bool) -> Self {
        goal.clone_into(&mut self.goal);
        self.met = met;
        self
    }
}

/// A thousandth of anything here is below what can be measured.
fn rounded(figure: f64) -> f64 {
    (figure * 1000.0).round() / 1000.0
}

fn group<'a>(samples: &'a Samples, name: &str) -> Result<&'a Rounds, Failure> {
    let group = samples.groups.get(name);
    group.ok_or_else(|| format!("{name} was not measured").into())
}

fn case<'a>(rounds: &'a Rounds, name: &str) -> Result<&'a [f64], Failure> {
    let case = rounds.get(name).map(Vec::as_slice);
    case.ok_or_else(|| format!("{name} was not measured").into())
}

fn middle(rounds: &Rounds, name: &str) -> Result<f64, Failure> {
    median(case(rounds, name)?).ok_or_else(|| format!("{name} was not measured").into())
}

fn of_pairs(
    rounds: &Rounds,
    a: &str,
    b: &str,
    figure: impl Fn(f64, f64) -> f64,
) -> Result<f64, Failure> {
    let figure = median_of_pairs(case(rounds, a)?, case(rounds, b)?, figure);
    figure.ok_or_else(|| format!("{a} was not measured").into())
}

/// Microseconds more than behind a layer that does nothing.
fn over_no_op(rounds: &Rounds, name: &str) -> Result<f64, Failure> {
    Ok(of_pairs(rounds, name, "no-op", |a, b| a - b)? / 1000.0)
}

/// The peer with the least, and what it came to; of times, over the no-op layer.
fn best_peer(rounds: &Rounds, is_time: bool) -> Result<(String, f64), Failure> {
    let peers = rounds
        .keys()
        .filter(|name| !LIMITS.contains(&name.as_str()));
    let figures = peers.map(|name| {
        let figure = if is_time {
            over_no_op(rounds, name)?
        } else {
            middle(rounds, name)?
        };
        Ok((name.clone(), figure))
    });
    let figures: Vec<(String, f64)> = figures.collect::<Result<_, Failure>>()?;
    let best = figures.into_iter().min_by(|a, b| a.1.total_cmp(&b.1));
    best.ok_or_else(|| "no peer was measured".into())
}
