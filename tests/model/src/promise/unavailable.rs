//! What may be unavailable.

use std::time::Duration;

use portcullis::Reason;

use super::{Judged, demand};
use crate::{
    call::{About, Call},
    instance::Instance,
    journal::Moment,
    world::{Answered, Request, What, World},
};

/// How long nobody asks a server that does not answer, at the most.
const LONGEST_PAUSE: Duration = Duration::from_secs(31);
/// How long nobody asks about a token that the server fails at.
const FAILING: Duration = Duration::from_secs(1);
/// How long keys are not fetched again after a failure, and in what time how many unknown ones may be
/// fetched.
const KEYS: (Duration, Duration, usize) = (Duration::from_secs(1), Duration::from_secs(60), 5);

pub(super) fn judge(world: &World, request: &Request, answered: Answered) -> Judged {
    let arrived = request
        .arrived
        .expect("an answer to a request that arrived");
    let troubles = Troubles {
        world,
        request,
        arrived,
        at: answered.at,
    };
    match answered.reason.ok_or("it says no reason")? {
        Reason::IssuerUnreachable | Reason::IssuerTimeout | Reason::IssuerFailed => demand(
            troubles.of_calls().any(|failed| failed > arrived)
                || troubles.is_explained()
                || troubles.is_overdue(),
            "no call has failed since it arrived",
        ),
        Reason::IssuerFailedAtToken => demand(
            troubles
                .of_calls()
                .any(|failed| troubles.is_within(failed, FAILING))
                || troubles.is_explained(),
            "no call about it has just failed",
        ),
        Reason::CircuitOpen => demand(
            troubles
                .of_calls()
                .any(|failed| troubles.is_within(failed, LONGEST_PAUSE))
                || troubles.is_explained(),
            "no call has failed lately",
        ),
        Reason::KeysUnavailable | Reason::KeyPending => {
            demand(troubles.of_keys(), "nothing keeps from knowing the keys")
        }
        Reason::RevocationPending => demand(
            troubles.is_in_motion(),
            "no news of it has come in meanwhile",
        ),
        other => Err(format!("that is no reason here: {other:?}")),
    }
}

struct Troubles<'a> {
    world: &'a World,
    request: &'a Request,
    arrived: Moment,
    at: Moment,
}

impl Troubles<'_> {
    /// When calls about this token, or the probe, have failed.
    fn of_calls(&self) -> impl Iterator<Item = Moment> {
        let calls = [About::Token(self.request.token), About::Nothing]
            .into_iter()
            .flat_map(|about| self.world.calls_of(self.request.instance, about));
        let at = self.at;
        // What opens the circuit may have been another token's.
        let others = self
            .world
            .calls
            .iter()
            .filter(|call| call.instance == self.request.instance && call.about != About::Keys);
        calls
            .chain(others)
            .filter_map(Call::failed)
            // Who waits for a call may be told first that it takes too long.
            .filter(move |failed| failed.step <= at.step)
    }

    /// Whether it has waited for as long as it may, and a call about it is still under way: the second one, where
    /// the first had begun too early.
    fn is_overdue(&self) -> bool {
        let waited = self.at.time.saturating_sub(self.arrived.time);
        waited >= Instance::DEADLINE && self.is_held(About::Token(self.request.token))
    }

    fn is_within(&self, failed: Moment, age: Duration) -> bool {
        failed > self.arrived || self.arrived.time.saturating_sub(failed.time) <= age
    }

    /// Whether it was being found out in the meantime, or a moment before, why a call has failed.
    fn is_explained(&self) -> bool {
        let mut calls = self.world.calls_of(self.request.instance, About::Nothing);
        calls.any(|call| {
            call.began <= self.at
                && call
                    .ended
                    .is_none_or(|(ended, _)| self.is_within(ended, FAILING))
        })
    }

    /// Whether the keys could not be had, or have been fetched for unknown ones too often.
    fn of_keys(&self) -> bool {
        let (cool_down, period, burst) = KEYS;
        let fetches = || self.world.calls_of(self.request.instance, About::Keys);
        let has_failed = fetches()
            .filter_map(Call::failed)
            .any(|failed| self.is_within(failed, cool_down));
        let lately = fetches().filter(|fetch| self.is_within(fetch.began, period));
        has_failed || self.is_held(About::Keys) || lately.count() >= burst
    }

    /// Whether a call was still under way when some time had passed.
    fn is_held(&self, about: About) -> bool {
        let mut calls = self.world.calls_of(self.request.instance, about);
        calls.any(|call| {
            let ended = call.ended.map_or(self.at, |(ended, _)| ended);
            ended > self.arrived && ended.time > call.began.time
        })
    }

    /// Whether news of the token came in, or others were asking about it for long.
    fn is_in_motion(&self) -> bool {
        let token = self.request.token;
        let session = self.world.server.tokens[token].session;
        let told = self.world.told.iter().any(|told| {
            let is_about = match told.what {
                What::Ended { session: ended } => ended == session,
                What::Inactive {
                    token: inactive, ..
                } => inactive == token,
                What::Other => false,
            };
            is_about && told.instance == self.request.instance && told.at > self.arrived
        });
        let mut verdicts = self.world.verdicts(token);
        told || verdicts.any(|it| !it.is_active && it.learned > self.arrived)
            || self.is_held(About::Token(token))
    }
}
