use portcullis_bench::{Failure, Rounds, Samples, median, median_of_pairs};

/// The name under which we stand beside the peers.
pub(crate) const OURS: &str = "portcullis";

/// Cases that are no peers.
const LIMITS: [&str; 5] = ["bare", "no-op", "raw", "one extension", OURS];

pub(crate) fn group<'a>(samples: &'a Samples, name: &str) -> Result<&'a Rounds, Failure> {
    let group = samples.groups.get(name);
    group.ok_or_else(|| format!("{name} was not measured").into())
}

fn case<'a>(rounds: &'a Rounds, name: &str) -> Result<&'a [f64], Failure> {
    let case = rounds.get(name).map(Vec::as_slice);
    case.ok_or_else(|| format!("{name} was not measured").into())
}

pub(crate) fn middle(rounds: &Rounds, name: &str) -> Result<f64, Failure> {
    median(case(rounds, name)?).ok_or_else(|| format!("{name} was not measured").into())
}

pub(crate) fn of_pairs(
    rounds: &Rounds,
    a: &str,
    b: &str,
    figure: impl Fn(f64, f64) -> f64,
) -> Result<f64, Failure> {
    let figure = median_of_pairs(case(rounds, a)?, case(rounds, b)?, figure);
    figure.ok_or_else(|| format!("{a} was not measured").into())
}

/// Microseconds more than behind a layer that does nothing.
pub(crate) fn over_no_op(rounds: &Rounds, name: &str) -> Result<f64, Failure> {
    Ok(of_pairs(rounds, name, "no-op", |a, b| a - b)? / 1000.0)
}

/// The peer with the least, and what it came to; of times, over the no-op layer.
pub(crate) fn best_peer(rounds: &Rounds, is_time: bool) -> Result<(String, f64), Failure> {
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
