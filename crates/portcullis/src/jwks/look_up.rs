//! How a token finds its key: at once where it is known, by a fetch where it is not.

use std::{future::Future, sync::Arc, time::Instant};

use super::{
    Found, KeyLookup, KeyQuery, KeySet, KeyUseId, RemoteJwks,
    control::Waiting,
    fetched::Fetched,
    refusal::{keys_unavailable, too_many, unusable_key},
    remote::Joined,
    unknown::SOON,
};
use crate::{Rejection, http_client::FetchError};

impl RemoteJwks {
    /// Whether the set that is here has the key, and need not be fetched again yet.
    pub(crate) fn have(&self, id: &Arc<KeyUseId>, now: Instant) -> bool {
        let current = self.current.load();
        let young = current
            .as_ref()
            .filter(|fetched| fetched.age(now) < fetched.refresh_at);
        young.is_some_and(|fetched| fetched.set.has(id))
    }

    /// The set that is here, if it is young enough to stand in while the issuer is away.
    pub(crate) fn at_hand(&self) -> Option<Arc<KeySet>> {
        let current = self.current.load_full();
        let current = current.filter(|fetched| self.may_stand_in(fetched));
        current.map(|fetched| fetched.set.clone())
    }

    /// The end of the fetch that brings the first keys, where one is under way and there is a seat for
    /// a token of this length. Begins none.
    pub(crate) fn arrival(&self, length: usize) -> Option<impl Future<Output = ()> + Send + use<>> {
        if self.current.load().is_some() {
            return None;
        }
        let flight = self.control.lock().single_flight.running()?;
        let seat = self.control.seat_of(length)?;
        Some(async move {
            // Whether it has brought any shows when they are looked for.
            let _ = flight.landed().await;
            drop(seat);
        })
    }

    /// Finds a set that has the key of a query.
    pub(crate) fn look_up(self: &Arc<Self>, query: &KeyQuery) -> KeyLookup {
        let current = self.current.load();
        let Some(fetched) = current.as_ref() else {
            return self.look_up_first(query);
        };
        let age = self.age(fetched);
        if age >= fetched.life {
            return self.look_up_in_old_set(query, fetched);
        }
        // Late in its life it is fetched again in the background. A failure is logged by the
        // fetch, and tried again after its cool-down.
        if age >= fetched.refresh_at {
            self.refresh();
        }
        self.look_up_in(query, fetched, None)
    }

    /// Finds the key in this set, or waits for it as [`look_up_unknown`](Self::look_up_unknown)
    /// says.
    pub(super) fn look_up_in(
        self: &Arc<Self>,
        query: &KeyQuery,
        fetched: &Fetched,
        arrived: Option<u64>,
    ) -> KeyLookup {
        match fetched.set.find(query) {
            Found::Usable => KeyLookup::Now(Ok(fetched.set.clone())),
            Found::Unusable => KeyLookup::Now(Err(unusable_key(query))),
            Found::Unknown => self.look_up_unknown(query, fetched, arrived),
        }
    }

    /// As long as nothing was ever loaded, every token waits for the fetch.
    fn look_up_first(self: &Arc<Self>, query: &KeyQuery) -> KeyLookup {
        let joined = self.board();
        let Some(seat) = self.control.seat(query) else {
            return KeyLookup::Now(Err(too_many(SOON)));
        };
        let jwks = self.clone();
        KeyLookup::Later(Box::pin(jwks.judge_by(joined, query.clone(), seat)))
    }

    /// The set is too old. While the issuer cannot be reached it stands in, up to its bound, and
    /// nobody waits for attempts that have failed before; nor for others when all seats are taken,
    /// since anybody can take them by a known key id and a signature that nobody has looked at.
    fn look_up_in_old_set(self: &Arc<Self>, query: &KeyQuery, fetched: &Fetched) -> KeyLookup {
        let found = fetched.set.find(query);
        let stands_in = found == Found::Usable && self.may_stand_in(fetched);
        if stands_in && self.refresh_after_failure() {
            return KeyLookup::Now(Ok(fetched.set.clone()));
        }
        let joined = self.board();
        let Some(seat) = self.control.seat(query) else {
            let set = stands_in.then(|| fetched.set.clone());
            return KeyLookup::Now(set.ok_or_else(|| too_many(SOON)));
        };
        let judged = self.clone().judge_by(joined, query.clone(), seat);
        if found == Found::Unknown {
            self.patiently(SOON, judged)
        } else {
            KeyLookup::Later(Box::pin(judged))
        }
    }

    /// Judges by the set that a fetch brings, or by an old one that may stand in for it.
    async fn judge_by(
        self: Arc<Self>,
        joined: Result<Joined, FetchError>,
        query: KeyQuery,
        seat: Waiting,
    ) -> Result<Arc<KeySet>, Rejection> {
        let (outcome, is_ours) = match joined {
            Ok(joined) => (joined.flight.landed().await, joined.is_ours),
            Err(error) => (Err(error), false),
        };
        // Whoever has to wait again takes another.
        drop(seat);
        if is_ours
            && let Ok(fetched) = &outcome
            && fetched.is_sent()
            && fetched.set.find(&query) == Found::Unknown
        {
            // It began for this token, so its set is the last word; it counts among the fetches
            // that unknown key ids cause, whether or not there are any left.
            let _ = self.control.lock().bucket.take(self.clock.monotonic());
            return Err(self.last_word(&query, fetched));
        }
        let fetched = match (outcome, self.current.load_full()) {
            (Ok(fetched), _) => fetched,
            (Err(_), Some(fetched)) if self.may_stand_in(&fetched) => fetched,
            (Err(error), _) => return Err(keys_unavailable(&error)),
        };
        match self.look_up_in(&query, &fetched, None) {
            KeyLookup::Now(answer) => answer,
            KeyLookup::Later(answer) => answer.await,
        }
    }
}
