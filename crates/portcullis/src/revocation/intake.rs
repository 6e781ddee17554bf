//! How news gets into a set, and from there to the other instances.

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::runtime::Handle;

use super::{
    RevocationFeed, RevocationSet, RevocationSink,
    completeness::Source,
    entries::{Entry, Key, Kind, minutes},
    moments::Moment,
    notice::{News, RevocationNotice},
    origin::InactiveAnswer,
    set::Inner,
};
use crate::{Timestamp, TokenFacts};

/// How much later than it was received elsewhere a canary's notice may be said to come.
const CANARY_SKEW: Duration = Duration::from_secs(1);

impl RevocationSet {
    /// Takes a notice over, for this instance alone; whether it said anything new.
    pub(crate) fn take(&self, notice: &RevocationNotice) -> bool {
        let inner = &*self.inner;
        let now = inner.moments.now();
        if notice.news == News::CutOff {
            inner.bell.notify_one();
        }
        let come = u64::try_from(inner.arriving(now)).unwrap_or(0);
        // What others tell again of our own answers is as old as those are, and no younger than it is.
        let arrived = match inner.began_here(notice) {
            Some(began) => began.min(come),
            None => come.saturating_sub(lateness(notice, inner.policy.leeway, now)),
        };
        let is_news = inner.put(notice, arrived, now);
        if is_news {
            inner.hear_canary(notice, now);
        }
        is_news
    }

    /// Tells the other instances. The future ends once they will find it, with `true`, or cannot be told;
    /// it goes on by itself when it is dropped.
    pub(crate) fn publish(
        &self,
        notice: RevocationNotice,
    ) -> impl Future<Output = bool> + Send + use<> {
        self.inner.publish(notice)
    }

    /// Remembers that an answer called the token of these facts inactive: until it ends it is asked
    /// about, here and at the other instances, unless a later call says otherwise.
    pub(crate) fn condemn(&self, facts: &TokenFacts, answer: InactiveAnswer) {
        let Some(name) = facts.token_name() else {
            return;
        };
        let inner = &*self.inner;
        let InactiveAnswer { began, origin } = answer;
        let last = inner.voucher(facts);
        if last.is_some_and(|last| last.earliest > began) {
            return;
        }
        // It is later than everything that the last active answer has cleared.
        let cleared = last.and_then(|last| last.known);
        let cleared = cleared.map_or(0, |known| {
            inner.moments.milliseconds(known).saturating_add(1)
        });
        let arrived = inner.moments.milliseconds(began).max(cleared);
        let now = inner.moments.now();
        let asked = now
            .wall
            .minus(now.monotonic.saturating_duration_since(began));
        // A JWT is good here by what it says itself, and elsewhere by what the server says of it.
        let ends = facts.statements().map(|said| said.registered().exp);
        let exp = ends.max().flatten();
        let has_ended = |by: Timestamp| exp.is_some_and(|exp| exp <= by);
        let known = inner.last_condemned(name, now);
        let dated = ordered(known, asked, arrived);
        // Dated later than it is, it would stand before another's own answer as if it were that.
        let origin = origin.filter(|_| dated == asked);
        let asked = dated;
        // One that is asked about already.
        let clears = |known: &Entry| last.is_some_and(|last| last.clears(inner.arrival(*known)));
        let doubted = known.filter(|known| !clears(known));
        // Of its siblings it says nothing new when it is called inactive once more, and nothing at all once its own
        // time has come.
        let is_early = doubted.is_none() && !has_ended(now.wall);
        let sid = facts.registered().sid.as_deref().filter(|_| is_early);
        // That of any other token than a JWT may have been moved, as the server has told others.
        let may_live_on = facts.jwt_statement().is_none() && !has_ended(now.wall);
        let longest = may_live_on.then(|| now.wall.plus(inner.policy.retention()));
        let news = News::SuspectToken {
            name: name.to_owned(),
            sid: sid.map(str::to_owned),
            asked,
            until: exp.map(|exp| longest.map_or(exp, |longest| longest.max(exp))),
        };
        let notice = RevocationNotice::new(news, now.wall).by(origin);
        inner.put(&notice, arrived, now);
        // Somebody may let it in, and may have heard since then that it is active.
        let is_news = !has_ended(now.wall.minus(inner.policy.leeway));
        let is_later = |known: Entry| minute(known.moment) < minute(moment_of(asked));
        if is_news && doubted.is_none_or(is_later) {
            drop(self.publish(notice));
        }
    }

    /// When the call began, as far as is known here, that last called the token of these facts
    /// inactive.
    pub(crate) fn condemned(&self, facts: &TokenFacts) -> Option<Instant> {
        let inner = &*self.inner;
        let known = inner.last_condemned(facts.token_name()?, inner.moments.now());
        known.map(|known| inner.arrival(known))
    }

    /// Carries news between the instances from now on.
    pub(crate) fn fan_out(&self, feed: &Arc<dyn RevocationFeed>) {
        // It is set once, when the issuer is built.
        let _ = self.inner.feed.set(feed.clone());
        let (feed, sink) = (feed.clone(), self.sink());
        self.add_task(move || run(feed.clone(), sink.clone()));
    }
}

impl Inner {
    fn publish(&self, notice: RevocationNotice) -> impl Future<Output = bool> + Send + use<> {
        let publishing = self.feed.get().cloned().zip(Handle::try_current().ok());
        let issuer = self.issuer.clone();
        let task = publishing.map(|(feed, runtime)| {
            runtime.spawn(async move {
                let told = feed.publish(&issuer, notice).await;
                if let Err(error) = &told {
                    tracing::warn!(target: "portcullis::revocation", %issuer, "news could not be told to the other instances: {error}");
                }
                told.is_ok()
            })
        });
        async move {
            match task {
                // It has said what went wrong.
                Some(task) => task.await.unwrap_or(false),
                None => false,
            }
        }
    }

    /// Tells the other instances once more of a session that has ended and mints tokens all the same:
    /// they would forget it, and those that start later would never hear of it.
    pub(super) fn repeat(&self, sid: &str, entry: Entry, now: Moment) {
        if self.feed.get().is_none() {
            return;
        }
        let moment = i64::try_from(entry.moment).unwrap_or(i64::MAX);
        let news = News::Session {
            sid: sid.to_owned(),
            issued: Timestamp::from_milliseconds(moment),
        };
        drop(self.publish(RevocationNotice::new(news, now.wall)));
    }

    /// Puts in what a notice says that arrived then; whether any of it was not known.
    fn put(&self, notice: &RevocationNotice, arrived: u64, now: Moment) -> bool {
        let mut is_news = false;
        let mut evicted = 0;
        for (key, moment, end) in self.entries_of(notice) {
            let Some(end) = minute_of(end, now) else {
                continue;
            };
            let entry = Entry {
                moment: moment_of(moment),
                arrived,
                end,
            };
            let change = self.entries.put(key, entry, now.minute());
            if change.is_news {
                self.bells.ring(key);
            }
            is_news |= change.is_news;
            evicted += change.evicted;
        }
        if evicted > 0 {
            self.completeness.forget(self.arriving(now));
            tracing::warn!(
                target: "portcullis::revocation",
                issuer = %self.issuer,
                evicted,
                "there is no room for what is over: entries had to go before their end, and tokens that were issued until now are asked about; raise `max_revocations`"
            );
        }
        if is_news {
            self.telemetry.entries(self.entries.taken(), evicted);
        }
        is_news
    }

    /// What a notice puts in: keys, the moment it speaks of, and when the entry may be forgotten.
    fn entries_of<'a>(
        &self,
        notice: &'a RevocationNotice,
    ) -> impl Iterator<Item = (Key<'a>, Timestamp, Timestamp)> {
        let retention = self.policy.retention();
        let end = notice.received.plus(retention);
        let one = |kind, name: &'a str, moment: &Timestamp, end| {
            [Some((Key::new(kind, name), *moment, end)), None]
        };
        let entries = match &notice.news {
            News::Session { sid, issued } => one(Kind::Session, sid, issued, end),
            News::Subject { sub, issued } => one(Kind::Subject, sub, issued, end),
            News::SuspectSubject { sub, issued } => one(Kind::SuspectSubject, sub, issued, end),
            News::SuspectEmail { email, issued } => one(Kind::SuspectEmail, email, issued, end),
            News::Client { client_id, before } => {
                // A cut-off in the future is for the tokens of that time.
                let end = end.max(before.plus(retention));
                one(Kind::Client, client_id, before, end)
            }
            News::Token { name, issued } => one(Kind::Token, name, issued, end),
            News::SuspectToken {
                name,
                sid,
                asked,
                until,
            } => {
                let until = until.map_or(end, |until| self.policy.afterlife().of(until));
                let [token, _] = one(Kind::SuspectToken, name, asked, until);
                let siblings = sid.as_deref().filter(|_| self.policy.rechecks);
                let [session, _] = siblings.map_or([None, None], |sid| {
                    one(Kind::SuspectSession, sid, asked, end)
                });
                [token, session]
            }
            News::CutOff => [None, None],
        };
        entries.into_iter().flatten()
    }

    /// What is known of the last answer that called a token inactive.
    fn last_condemned(&self, name: &str, now: Moment) -> Option<Entry> {
        let view = self.entries.view()?;
        view.find(Key::new(Kind::SuspectToken, name), || now.minute())
    }

    /// Where a notice is the canary's, notices come.
    fn hear_canary(&self, notice: &RevocationNotice, now: Moment) {
        let Some((canary, period)) = &self.policy.canary else {
            return;
        };
        if notice.client.as_ref() == Some(canary) {
            let late = lateness(notice, CANARY_SKEW, now);
            let arrived = u64::try_from(now.milliseconds()).unwrap_or(0);
            let arrived = arrived.saturating_sub(late);
            let next = Duration::from_millis(arrived).saturating_add(*period * 2);
            let next = i64::try_from(next.as_millis()).unwrap_or(i64::MAX);
            self.completeness
                .hear(Source::Canary, self.arriving(now), Some(next));
        }
    }
}

/// A moment as entries keep it.
fn moment_of(moment: Timestamp) -> u64 {
    u64::try_from(moment.as_milliseconds()).unwrap_or(0)
}

/// In which minute it lies. What is said again and again is told to the others once in each.
fn minute(moment: u64) -> u64 {
    moment / 60_000
}

/// By how many milliseconds a notice is late. It counts as if it had come in time, but for how far two
/// clocks may differ: an answer from before it must not count as newer.
fn lateness(notice: &RevocationNotice, skew: Duration, now: Moment) -> u64 {
    let late = now.wall.since(notice.received).saturating_sub(skew);
    u64::try_from(late.as_millis()).unwrap_or(u64::MAX)
}

/// When an answer was asked for, as the others shall order it: after those that it is known to
/// follow, though the time of day was set back since then, or is another elsewhere.
fn ordered(known: Option<Entry>, asked: Timestamp, arrived: u64) -> Timestamp {
    const TICK: Duration = Duration::from_millis(1);
    let earlier = known.filter(|known| arrived > known.arrived);
    let earlier = earlier.and_then(|known| i64::try_from(known.moment).ok());
    earlier.map_or(asked, |earlier| {
        asked.max(Timestamp::from_milliseconds(earlier).plus(TICK))
    })
}

/// The minute in which a wall time lies; `None` when that has passed.
fn minute_of(end: Timestamp, now: Moment) -> Option<u32> {
    (end > now.wall).then(|| minutes(now.passed.saturating_add(end.since(now.wall))))
}

/// A feed that is run. However it ends, nothing is heard of it from then on.
struct Listening<'a>(&'a RevocationSink);

impl Drop for Listening<'_> {
    fn drop(&mut self) {
        self.0.lose();
    }
}

/// Runs a feed for as long as somebody listens, and begins it again, after a pause, when it ends.
async fn run(feed: Arc<dyn RevocationFeed>, sink: RevocationSink) {
    const FIRST_PAUSE: Duration = Duration::from_secs(1);
    const LONGEST_PAUSE: Duration = Duration::from_secs(30);
    let mut pause = FIRST_PAUSE;
    while sink.is_wanted() {
        let began = tokio::time::Instant::now();
        let listening = Listening(&sink);
        let ended = feed.run(sink.clone()).await;
        drop(listening);
        if began.elapsed() > LONGEST_PAUSE {
            pause = FIRST_PAUSE;
        }
        let issuer = sink.issuer();
        match ended {
            Ok(()) => {
                tracing::warn!(target: "portcullis::revocation", issuer, ?pause, "the feed of news between instances has ended and is begun again");
            }
            Err(error) => {
                tracing::warn!(target: "portcullis::revocation", issuer, ?pause, "the feed of news between instances is cut off and tried again: {error}");
            }
        }
        tokio::time::sleep(pause).await;
        pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
    }
}
