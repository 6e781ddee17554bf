use crate::{Asking, Cost, Fleet, numbers::Numbers};

/// Plays so many lives of a token, request by request, and counts what the fleet costs.
///
/// Every request is an event: it comes with some token to some replica, which looks what it knows
/// and asks if that is too old. Now and then a session ends, and it is looked where its token would
/// still be let in. The same seed gives the same run.
#[must_use]
pub fn simulate(fleet: &Fleet, asking: Asking, lives: f64, seed: u64) -> Cost {
    let mut world = World::new(fleet, asking, seed);
    // Until then the replicas learn what they know in the long run.
    let begin = fleet.life * 2.0;
    let end = begin + fleet.life * lives;
    let mut tally = Tally::default();
    let mut request_at = 0.0;
    let mut session_ends_at = begin;
    while request_at < end {
        while session_ends_at < request_at {
            tally.take(world.session_ends(session_ends_at));
            session_ends_at += world.numbers.wait(fleet.life * lives / SESSIONS);
        }
        let (asked, first) = world.request(request_at);
        if request_at >= begin {
            tally.requests += 1;
            tally.calls += u64::from(asked);
            tally.first_sights += u64::from(first);
        }
        request_at += world.numbers.wait(1.0 / fleet.requests_per_second);
    }
    tally.observed(fleet, end - begin)
}

/// So many sessions end in a run.
const SESSIONS: f64 = 2000.0;

#[derive(Default)]
struct Tally {
    requests: u64,
    calls: u64,
    first_sights: u64,
    sessions: f64,
    gaps: f64,
    longest_gap: f64,
    replicas_that_know: f64,
}

impl Tally {
    fn take(&mut self, ended: Ended) {
        self.sessions += 1.0;
        self.gaps += ended.gap;
        self.longest_gap = self.longest_gap.max(ended.gap);
        self.replicas_that_know += f64::from(ended.replicas_that_know);
    }

    fn observed(&self, fleet: &Fleet, seconds: f64) -> Cost {
        let known = self.replicas_that_know / self.sessions / f64::from(fleet.replicas);
        Cost {
            calls: self.calls as f64 / seconds,
            first_sights: self.first_sights as f64 / self.requests as f64,
            tokens_per_replica: known * f64::from(fleet.tokens),
            mean_gap: self.gaps / self.sessions,
            worst_gap: self.longest_gap,
        }
    }
}

/// A session that ends.
struct Ended {
    gap: f64,
    replicas_that_know: u32,
}

struct World {
    fleet: Fleet,
    asking: Asking,
    numbers: Numbers,
    /// When the token in each place was issued first. Another takes its place every life.
    issued: Vec<f64>,
    /// What each replica knows of each token: replicas of one token stand side by side.
    known: Vec<Known>,
    /// What all of them know, where they share it.
    shared: Vec<f64>,
}

#[derive(Clone, Copy)]
struct Known {
    /// When it saw the token last.
    seen: f64,
    /// When the answer that it has was asked for.
    asked: f64,
}

const NEVER: f64 = f64::NEG_INFINITY;

impl World {
    fn new(fleet: &Fleet, asking: Asking, seed: u64) -> Self {
        let mut numbers = Numbers::seeded(seed);
        let tokens = fleet.tokens as usize;
        let issued = (0..tokens).map(|_| -numbers.fraction() * fleet.life);
        Self {
            issued: issued.collect(),
            known: vec![
                Known {
                    seen: NEVER,
                    asked: NEVER
                };
                tokens * fleet.replicas as usize
            ],
            shared: vec![NEVER; tokens],
            fleet: *fleet,
            asking,
            numbers,
        }
    }

    /// Whether this request asked the server, and whether its replica saw its token first.
    fn request(&mut self, now: f64) -> (bool, bool) {
        let token = self.numbers.below(self.fleet.tokens) as usize;
        let replica = self.numbers.below(self.fleet.replicas) as usize;
        let issued = self.issued_by(token, now);
        let Some(known) = self
            .known
            .get_mut(token * self.fleet.replicas as usize + replica)
        else {
            return (false, false);
        };
        // What it knows of the token that was here before is of no use.
        let first = known.seen < issued;
        known.seen = now;
        let asked = match self.asking {
            Asking::Never => false,
            Asking::Always => true,
            Asking::EachReplica(window) => {
                let is_due = known.asked < issued || now - known.asked > window;
                if is_due {
                    known.asked = now;
                }
                is_due
            }
            Asking::Shared(window) => match self.shared.get_mut(token) {
                Some(asked) if *asked < issued || now - *asked > window => {
                    *asked = now;
                    true
                }
                _ => false,
            },
        };
        (asked, first)
    }

    /// When the token that is in this place now was issued.
    fn issued_by(&self, token: usize, now: f64) -> f64 {
        let first = self.issued.get(token).copied().unwrap_or_default();
        let lives = ((now - first) / self.fleet.life).floor();
        first + lives * self.fleet.life
    }

    /// Some session ends: how long would its token still be let in where it was seen?
    fn session_ends(&mut self, now: f64) -> Ended {
        let token = self.numbers.below(self.fleet.tokens) as usize;
        let issued = self.issued_by(token, now);
        let rest_of_life = issued + self.fleet.life - now;
        let replicas = self.fleet.replicas as usize;
        let known = self.known.iter().skip(token * replicas).take(replicas);
        let replicas_that_know = known.clone().filter(|known| known.seen >= issued).count();
        let rest = |asked: f64, window: f64| {
            if asked < issued {
                0.0
            } else {
                (asked + window - now).max(0.0)
            }
        };
        let gap: f64 = match self.asking {
            Asking::Never => rest_of_life,
            Asking::Always => 0.0,
            Asking::EachReplica(window) => known
                .map(|known| rest(known.asked, window))
                .fold(0.0, f64::max),
            Asking::Shared(window) => self
                .shared
                .get(token)
                .map_or(0.0, |&asked| rest(asked, window)),
        };
        Ended {
            gap: gap.min(rest_of_life),
            replicas_that_know: replicas_that_know as u32,
        }
    }
}
