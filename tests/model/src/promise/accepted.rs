//! Who may be let in.

use std::time::Duration;

use http::StatusCode;
use portcullis::Reason;

use super::{Judged, demand};
use crate::{
    call::{About, Call, Ending, Verdict, Word},
    instance::Instance,
    journal::{Journal, Moment},
    schedule::{Kind, Route},
    world::{Answered, Request, What, World},
};

pub(super) fn judge(world: &World, request: &Request, answered: Answered) -> Judged {
    let token = &world.server.tokens[request.token];
    let arrived = request
        .arrived
        .expect("an answer to a request that arrived");
    demand(answered.at.time < end(world, request), "it has expired")?;
    let told = world.told_of_end(request.instance, token.session);
    demand(
        told.is_none_or(|told| told.step >= answered.at.step),
        "its session is known to be over",
    )?;
    if token.kind != Kind::Opaque && request.route.is_local_first() {
        demand(token.kind != Kind::Forged, "nobody has issued it")?;
        judge_key(world, request, arrived, answered.at)?;
    }
    let accepts = Accepts {
        world,
        request,
        arrived,
        at: answered.at,
    };
    accepts.judge_doubts()?;
    accepts.judge_freshness()
}

/// When a token is over by its `exp` and the clock of the instance.
pub(super) fn end(world: &World, request: &Request) -> Duration {
    let exp = world.server.tokens[request.token].seconds.1;
    let end = Duration::from_secs(exp - Journal::EPOCH) + Instance::LEEWAY;
    let ahead = world.ahead[request.instance];
    let seconds = Duration::from_secs(ahead.unsigned_abs());
    if ahead > 0 {
        end - seconds
    } else {
        end + seconds
    }
}

/// The key that has signed it was published when the keys were fetched that it is held against, and that
/// is not too long ago.
fn judge_key(world: &World, request: &Request, arrived: Moment, at: Moment) -> Judged {
    let key = world.server.tokens[request.token].key;
    let fetches = || world.calls_of(request.instance, About::Keys);
    let learned = |fetch: &Call| {
        let (learned, ending) = fetch.ended?;
        let keys = match &fetch.judged {
            Some((_, Word::Keys(keys))) if ending == Ending::Learned => keys,
            _ => return None,
        };
        (learned <= at).then(|| (fetch.began, learned, keys.contains(&key)))
    };
    let last = fetches()
        .filter_map(learned)
        .filter(|(_, learned, _)| *learned < arrived)
        .last();
    let later = fetches()
        .filter_map(learned)
        .filter(|(_, learned, _)| *learned >= arrived);
    let good = last
        .into_iter()
        .chain(later)
        .filter(|(.., has)| *has)
        .last();
    let Some((began, ..)) = good else {
        return Err("no key set that was here has its key".to_owned());
    };
    let age = arrived.time.saturating_sub(began.time);
    let has_failed = fetches().any(|fetch| {
        let failed = fetch.failed();
        failed.is_some_and(|failed| began < failed && failed <= at)
    });
    let bound = if has_failed {
        Instance::KEYS_LIVE + Instance::KEYS_STAND_IN
    } else {
        Instance::KEYS_LIVE
    };
    demand(age < bound, "the key set is too old")
}

struct Accepts<'a> {
    world: &'a World,
    request: &'a Request,
    arrived: Moment,
    at: Moment,
}

impl Accepts<'_> {
    /// Answers that called the token active and may be known to the instance.
    fn active(&self) -> impl Iterator<Item = Verdict> {
        let verdicts = self.world.verdicts(self.request.token);
        verdicts.filter(|it| it.is_active && it.learned <= self.at && self.may_know(*it))
    }

    fn may_know(&self, verdict: Verdict) -> bool {
        self.world.sinks.len() > 1 || verdict.instance == self.request.instance
    }

    /// Where the token was called inactive, it was called active since then.
    fn judge_doubts(&self) -> Judged {
        let own = self.world.verdicts(self.request.token).rev();
        let inactive = own
            .filter(|it| it.instance == self.request.instance && !it.is_active)
            .find(|it| it.learned < self.arrived || it.learned.step < self.at.step);
        if let Some(inactive) = inactive
            && (self.request.route != Route::Local || self.was_condemned(inactive))
        {
            demand(
                self.active().any(|it| it.judged > inactive.judged),
                "the server has called it inactive since it last called it active",
            )?;
        }
        let told =
            self.world.told.iter().filter(|told| {
                told.instance == self.request.instance && told.at.step < self.at.step
            });
        for told in told {
            if let What::Inactive { token, judged } = told.what
                && token == self.request.token
            {
                demand(
                    self.active()
                        .any(|it| it.judged > judged || it.began > told.at),
                    "another instance has told that the server calls it inactive",
                )?;
            }
        }
        Ok(())
    }

    /// Whether an answer that the token is inactive is known to those who ask nobody: only of tokens that
    /// were known to be no inventions by then, or are since.
    fn was_condemned(&self, inactive: Verdict) -> bool {
        let (world, request) = (self.world, self.request);
        let was_active = world.verdicts(request.token).any(|it| {
            it.instance == request.instance && it.is_active && it.learned < inactive.learned
        });
        let has_passed = world.requests.iter().any(|other| {
            let passed = other.answered.is_some_and(|answered| {
                answered.at < self.arrived
                    && (answered.status == StatusCode::OK
                        || answered.reason == Some(Reason::Inactive))
            });
            let is_in_time = match other.route {
                Route::Live { is_hybrid: true }
                | Route::Within {
                    is_hybrid: true, ..
                } => true,
                Route::Hybrid => other.arrived > Some(inactive.learned),
                _ => false,
            };
            passed
                && is_in_time
                && other.token == request.token
                && other.instance == request.instance
        });
        was_active || has_passed
    }

    /// The answer that let it in is as fresh as the route wants it.
    fn judge_freshness(&self) -> Judged {
        let arrived = self.arrived;
        let age = |it: &Verdict| {
            let age = arrived.time.saturating_sub(it.began.time);
            self.world
                .seeming_age(it.instance, self.request.instance, age)
        };
        let is_opaque = self.world.server.tokens[self.request.token].kind == Kind::Opaque;
        let is_fresh: &dyn Fn(&Verdict) -> bool = match self.request.route {
            Route::Local => return Ok(()),
            Route::Hybrid if !is_opaque => return Ok(()),
            Route::Hybrid | Route::Cached => &|it| it.learned > arrived || age(it) < self.cache(),
            Route::Within { seconds, .. } => {
                &move |it| it.began > arrived || age(it) <= Duration::from_secs(seconds)
            }
            Route::Live { .. } => &|it| it.began > arrived && it.instance == self.request.instance,
        };
        demand(
            self.active().any(|it| is_fresh(&it)),
            "no answer that called it active is fresh enough",
        )
    }

    fn cache(&self) -> Duration {
        self.world.cache
    }
}
