//! What a set makes of one token.

use std::{cell::OnceCell, time::Instant};

use serde::Deserialize;

use super::{
    cut_off::Side,
    entries::{Entry, Key, Kind, Name, View},
    moments::Moment,
    set::Inner,
    standing::{Doubt, DoubtCause, Ended, Standing},
    vouchers::Voucher,
};
use crate::{
    Timestamp, TokenFacts,
    claims::{RegisteredClaims, Validity},
};

/// For how long after the end of all its sessions a subject's newer tokens are asked about.
const SUBJECT_WINDOW_MS: u64 = 60_000;
/// How old an answer about them may be: the issuer ends the sessions only after the notice, so the
/// first answers may come too early.
const SUBJECT_ANSWER_MS: u64 = 5_000;

/// The look-up of one token: what is known against it, and whether an answer about it is newer.
pub(super) struct LookUp<'a> {
    set: &'a Inner,
    facts: &'a TokenFacts,
    claims: &'a RegisteredClaims,
    validity: Validity,
    now: Timestamp,
    /// The same by the other face of the clock, where that was looked at.
    monotonic: Option<Instant>,
    /// By both of them; the clock is asked once it matters.
    moment: OnceCell<Moment>,
    /// The latest doubt that no answer has cleared.
    doubt: Option<Doubt>,
    /// The last answer that called the token active; asked for once it matters.
    vouched: Option<Option<Voucher>>,
}

impl<'a> LookUp<'a> {
    pub(super) fn new(
        set: &'a Inner,
        facts: &'a TokenFacts,
        now: Timestamp,
        monotonic: Option<Instant>,
    ) -> Self {
        Self {
            set,
            facts,
            claims: facts.registered(),
            validity: facts.terms().validity,
            now,
            monotonic,
            moment: OnceCell::new(),
            doubt: None,
            vouched: None,
        }
    }

    fn moment(&self) -> Moment {
        *self.moment.get_or_init(|| {
            let moments = &self.set.moments;
            let monotonic = self.monotonic.unwrap_or_else(|| moments.monotonic());
            moments.at(self.now, monotonic)
        })
    }

    pub(super) fn standing(mut self) -> Standing {
        if let Some(view) = self.set.entries.view()
            && self.is_perhaps_in(&view)
            && let Some(ended) = self.look_into(&view)
        {
            return Standing::Revoked(ended);
        }
        if self.set.cut_off.is_set() {
            let life = self.set.policy.retention();
            match self.set.cut_off.side(self.validity.iat, self.now, life) {
                Side::Before => return Standing::Revoked(Ended::Issuer),
                Side::Unclear { since } => self.suspect(DoubtCause::CutOffFell, since),
                Side::After => {}
            }
        }
        if self.set.policy.is_fed {
            self.judge_lifetime();
        }
        self.judge_completeness();
        self.doubt.map_or(Standing::Clear, Standing::Ask)
    }

    /// Whether there may be an entry that concerns the token; there is none of nearly every token that
    /// comes.
    fn is_perhaps_in(&self, view: &View<'_>) -> bool {
        // Among many entries the filter is waited for.
        self.facts.draw_typed_near();
        self.facts.places().iter().any(|place| view.may_have(place)) || view.has(Kind::SuspectEmail)
    }

    fn look_into(&mut self, view: &View<'_>) -> Option<Ended> {
        let names = self.facts.names();
        if let Some(sid) = names.session
            && let Some((entry, is_extended)) = self.find_and_extend(view, Kind::Session, sid)
        {
            if !self.may_outlive_session(entry) {
                if is_extended && !self.is_older_than(entry) {
                    self.set.repeat(sid.text, entry, self.moment());
                }
                return Some(Ended::Session);
            }
            self.suspect_since_arrival(DoubtCause::Offline, entry);
        }
        if let Some(sub) = names.subject {
            if let Some(entry) = self.find(view, Kind::Subject, sub) {
                if self.was_issued_by(entry) {
                    return Some(Ended::Subject);
                }
                self.suspect_newer_session(entry);
            }
            self.suspect_if_issued_by(view, Kind::SuspectSubject, sub);
        }
        if let Some(party) = names.client
            && let Some(entry) = self.find(view, Kind::Client, party)
        {
            match self.validity.iat {
                Some(iat) if milliseconds(iat) < entry.moment => return Some(Ended::Client),
                Some(_) => {}
                None => self.suspect_since_arrival(DoubtCause::CutOffFell, entry),
            }
        }
        if let Some(token) = names.token {
            if self.find(view, Kind::Token, token).is_some() {
                return Some(Ended::Token);
            }
            if let Some(entry) = self.find(view, Kind::SuspectToken, token) {
                self.suspect_since_arrival(DoubtCause::Inactive, entry);
                self.suspect_contested();
            }
        }
        if view.has(Kind::SuspectEmail)
            && let Some(email) = self.email()
        {
            self.suspect_if_issued_by(view, Kind::SuspectEmail, email.as_str().into());
        }
        None
    }

    /// An entry lives on as long as its tokens come.
    fn find(&self, view: &View<'_>, kind: Kind, name: Name<'_>) -> Option<Entry> {
        self.find_and_extend(view, kind, name)
            .map(|(entry, _)| entry)
    }

    fn find_and_extend(
        &self,
        view: &View<'_>,
        kind: Kind,
        name: Name<'_>,
    ) -> Option<(Entry, bool)> {
        view.find_and_extend(
            Key { kind, name },
            || self.moment().minute(),
            || self.set.end_of_entry(self.moment()),
        )
    }

    /// Whether the token may belong to an offline session, which has the same `sid`, and was issued
    /// after the notice. What was issued before may be offline or not: it is over.
    fn may_outlive_session(&self, entry: Entry) -> bool {
        !self.was_issued_by(entry) && self.may_be_offline()
    }

    fn may_be_offline(&self) -> bool {
        let has_offline_jti = || {
            let jti = self.claims.jti.as_deref().unwrap_or_default();
            jti.starts_with("of") || jti.starts_with("ft")
        };
        self.claims.scope.contains("offline_access")
            || (self.set.policy.marks_offline_by_jti && has_offline_jti())
    }

    /// Whether the token was issued up to the moment that the entry speaks of.
    fn was_issued_by(&self, entry: Entry) -> bool {
        let iat = self.validity.iat;
        iat.is_none_or(|iat| milliseconds(iat) <= entry.moment)
    }

    /// Whether the token is known to be one of those that were there when the notice came.
    fn is_older_than(&self, entry: Entry) -> bool {
        self.validity.iat.is_some() && self.was_issued_by(entry)
    }

    fn suspect_if_issued_by(&mut self, view: &View<'_>, kind: Kind, name: Name<'_>) {
        if let Some(entry) = self.find(view, kind, name)
            && self.was_issued_by(entry)
        {
            self.suspect_since_arrival(DoubtCause::SubjectChanged, entry);
        }
    }

    fn suspect_since_arrival(&mut self, cause: DoubtCause, entry: Entry) {
        let since = self.set.arrival(entry);
        self.suspect(cause, since);
    }

    /// A token that was called inactive and is active here may be called inactive again at another
    /// instance where that is no news: an answer vouches for it for a window. Where nobody can be asked
    /// the last one counts.
    fn suspect_contested(&mut self) {
        if self.doubt.is_none() && self.set.feed.get().is_some() {
            self.suspect_without_answer_in_window(DoubtCause::Inactive);
            if let Some(doubt) = &mut self.doubt {
                doubt.is_bearable = true;
            }
        }
    }

    fn window_ago(&self) -> Instant {
        let now = self.moment().monotonic;
        now.checked_sub(self.set.policy.window).unwrap_or(now)
    }

    fn suspect_newer_session(&mut self, entry: Entry) {
        let now = u64::try_from(self.moment().milliseconds()).unwrap_or(0);
        if now < entry.arrived.saturating_add(SUBJECT_WINDOW_MS) {
            let since = entry.arrived.max(now.saturating_sub(SUBJECT_ANSWER_MS));
            let since = self.set.instant(since);
            self.suspect(DoubtCause::SubjectEnded, since);
        }
    }

    /// What has happened to a token that lives longer than we remember may be forgotten.
    fn judge_lifetime(&mut self) {
        let life = match (self.validity.iat, self.validity.exp) {
            (Some(iat), Some(exp)) => Some(exp.since(iat)),
            _ => None,
        };
        if life.is_some_and(|life| life <= self.set.policy.max_token_lifetime) {
            return;
        }
        self.suspect_without_answer_in_window(DoubtCause::LivesTooLong);
    }

    /// Where nobody tells anything, all that can be missing is what had to be forgotten.
    fn judge_completeness(&mut self) {
        let completeness = &self.set.completeness;
        let since = if self.set.policy.is_fed {
            Some(completeness.since(self.moment().milliseconds()))
        } else {
            completeness.forgot()
        };
        let Some(since) = since else {
            return;
        };
        let complete_since = self.moment().wall_at(since).plus(self.set.policy.leeway);
        if self.validity.iat.is_none_or(|iat| iat <= complete_since) {
            let since = self.set.moments.instant(since);
            self.suspect(DoubtCause::Incomplete, since);
        }
    }

    /// Adds a doubt about what has happened, unless an answer has cleared it that came after it for sure.
    fn suspect(&mut self, cause: DoubtCause, since: Instant) {
        let asked = self.facts.asked_at_the_earliest();
        let clears = |voucher: Voucher| voucher.clears(since);
        if asked <= Some(since) && !self.vouched().is_some_and(clears) {
            self.add(cause, since);
        }
    }

    /// Adds one about what happens all the time, unless there was an answer within the window.
    fn suspect_without_answer_in_window(&mut self, cause: DoubtCause) {
        let since = self.window_ago();
        let is_young = |voucher: Voucher| voucher.is_younger_than(since);
        if self.facts.asked_at() <= Some(since) && !self.vouched().is_some_and(is_young) {
            self.add(cause, since);
        }
    }

    /// What clears the latest doubt clears all of them; that something may have been missed says the least
    /// of them.
    fn add(&mut self, cause: DoubtCause, since: Instant) {
        let is_bearable = cause == DoubtCause::Incomplete && !self.set.policy.is_strict;
        let (cause, since) = match self.doubt {
            None => (cause, since),
            Some(known) => {
                let cause = match (known.cause, cause) {
                    (DoubtCause::Incomplete, cause) | (cause, DoubtCause::Incomplete) => cause,
                    _ if known.since >= since => known.cause,
                    _ => cause,
                };
                (cause, known.since.max(since))
            }
        };
        self.doubt = Some(Doubt {
            cause,
            since,
            is_bearable: is_bearable && self.doubt.is_none_or(|known| known.is_bearable),
        });
    }

    fn vouched(&mut self) -> Option<Voucher> {
        let (set, facts) = (self.set, self.facts);
        *self.vouched.get_or_insert_with(|| set.voucher(facts))
    }

    fn email(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct Addressed {
            email: String,
        }
        let addressed = self.facts.claims::<Addressed>().ok()?;
        Some(addressed.email.clone())
    }
}

fn milliseconds(moment: Timestamp) -> u64 {
    u64::try_from(moment.as_milliseconds()).unwrap_or(0)
}
