use crate::{Asking, Cost, Fleet};

/// What a fleet costs by the model, where nobody is told anything.
#[must_use]
pub fn estimate(fleet: &Fleet, asking: Asking) -> Cost {
    let tokens = f64::from(fleet.tokens);
    let replicas = f64::from(fleet.replicas);
    let rate = fleet.rate_of_token(fleet.replicas);
    let seen_at_the_end = 1.0 - (-rate * fleet.life).exp();
    let (calls, mean_gap, worst_gap) = match asking {
        Asking::Never => (0.0, fleet.life / 2.0, fleet.life),
        Asking::Always => (fleet.requests_per_second, 0.0, 0.0),
        Asking::EachReplica(window) => {
            let answers = Answers::new(rate, fleet.life, window);
            let calls = tokens * replicas * answers.per_life() / fleet.life;
            (calls, answers.longest_of(fleet.replicas), window)
        }
        Asking::Shared(window) => {
            let answers = Answers::new(fleet.rate_of_token(1), fleet.life, window);
            let calls = tokens * answers.per_life() / fleet.life;
            (calls, answers.longest_of(1), window)
        }
    };
    Cost {
        calls,
        // One for each token and replica that ever meet.
        first_sights: tokens * replicas * seen_at_the_end
            / (fleet.life * fleet.requests_per_second),
        // A token is as likely to be of one age as of another.
        tokens_per_replica: tokens * (1.0 - seen_at_the_end / (rate * fleet.life)),
        mean_gap,
        worst_gap: worst_gap.min(fleet.life),
    }
}

/// The answers about one token at one place. The first request asks; the answer holds for a window;
/// the first request after it asks again.
struct Answers {
    rate: f64,
    life: f64,
    window: f64,
}

impl Answers {
    fn new(rate: f64, life: f64, window: f64) -> Self {
        Self { rate, life, window }
    }

    /// How many there are before the token ends: for each number, how likely there are so many.
    fn per_life(&self) -> f64 {
        self.numbers().map(|nth| self.by(nth, self.life)).sum()
    }

    /// The numbers of answers that fit into a life.
    fn numbers(&self) -> impl Iterator<Item = u32> {
        1..=(self.life / self.window).ceil() as u32
    }

    /// How likely the nth answer was asked for by then. Between answers there are a window and the
    /// wait for a request; so many waits are over if that many requests came in what is left without
    /// the windows (Poisson).
    fn by(&self, nth: u32, time: f64) -> f64 {
        let left = time - f64::from(nth - 1) * self.window;
        if left <= 0.0 {
            return 0.0;
        }
        at_least(nth, self.rate * left)
    }

    /// How likely a token of this age has an answer that is younger than `limit`, which is no longer
    /// than a window: there is one such answer or none.
    fn younger(&self, limit: f64, age: f64) -> f64 {
        let answers = self
            .numbers()
            .map(|nth| self.by(nth, age) - self.by(nth, age - limit));
        answers.sum()
    }

    /// How long the answer holds on that holds longest at any of so many places, on average over
    /// the moments at which a session may end; never beyond the token's own end.
    ///
    /// Places that saw the token first at about the same time ask again at about the same time, so
    /// they are independent of each other only for a given age of the token.
    fn longest_of(&self, places: u32) -> f64 {
        let of_age = |age: f64| {
            let longest = self.window.min(self.life - age);
            mean(RESTS, longest, |rest| {
                let holds = self.younger(self.window - rest, age).clamp(0.0, 1.0);
                1.0 - (1.0 - holds).powi(places as i32)
            }) * longest
        };
        mean(AGES, self.life, of_age)
    }
}

/// Into how many steps a life and a window are divided where something is averaged over them.
const AGES: u32 = 300;
const RESTS: u32 = 60;

/// The mean of `figure` over what lies between 0 and `end`.
fn mean(steps: u32, end: f64, figure: impl Fn(f64) -> f64) -> f64 {
    let step = end / f64::from(steps);
    let middles = (0..steps).map(|number| (f64::from(number) + 0.5) * step);
    middles.map(figure).sum::<f64>() / f64::from(steps)
}

/// How likely at least so many requests come where `mean` are expected.
fn at_least(count: u32, mean: f64) -> f64 {
    let mut term = (-mean).exp();
    if term == 0.0 {
        // So many are expected that a window is a sure thing.
        return if mean > f64::from(count) { 1.0 } else { 0.0 };
    }
    let mut fewer = 0.0;
    for number in 0..count {
        fewer += term;
        term *= mean / f64::from(number + 1);
    }
    (1.0 - fewer).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_request_is_as_likely_as_none_is_not() {
        assert!((at_least(1, 0.5) - (1.0 - (-0.5_f64).exp())).abs() < 1e-12);
        assert!((at_least(0, 0.5) - 1.0).abs() < 1e-12);
        assert!((at_least(3, 2000.0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_busy_token_is_asked_about_once_in_a_window() {
        let answers = Answers::new(100.0, 300.0, 30.0);
        assert!((answers.per_life() - 10.0).abs() < 0.1);
    }

    #[test]
    fn a_token_that_comes_once_is_asked_about_once() {
        let answers = Answers::new(0.0001, 300.0, 30.0);
        assert!((answers.per_life() - 0.03).abs() < 0.001);
    }
}
