//! How a token finds its key: at once where it is known, by a fetch where it is not.

use std::{future::Future, sync::Arc, time::Duration};

use tokio::runtime::Handle;

use super::{
    Found, KeyLookup, KeyQuery, KeySet, RemoteJwks,
    control::{Fetched, KeyFlight, Place},
    refusal::{keys_unavailable, too_early, unknown_key, unusable_key},
    remote::Joined,
};
use crate::{Rejection, http_client::FetchError};

/// How soon a client may come again whom a fetch under way was too slow for.
const SOON: Duration = Duration::from_secs(1);

impl RemoteJwks {
    /// Finds a set that has the key of a query.
    pub(crate) fn look_up(self: &Arc<Self>, query: &KeyQuery) -> KeyLookup {
        let current = self.current.load();
        let Some(fetched) = current.as_ref() else {
            // As long as nothing was ever loaded, every token waits for the fetch.
            let (joined, query) = (self.board(), query.clone());
            return KeyLookup::Later(Box::pin(self.clone().judge_by(joined, query)));
        };
        let age = self.age(fetched);
        if age >= self.limits.max_age {
            return self.look_up_in_old_set(query, fetched);
        }
        // After four fifths of its life it is fetched again in the background. A failure is
        // logged by the fetch, and tried again after its cool-down.
        if age >= (self.limits.max_age / 5).saturating_mul(4) {
            drop(self.board());
        }
        self.look_up_in(query, fetched)
    }

    fn look_up_in(self: &Arc<Self>, query: &KeyQuery, fetched: &Fetched) -> KeyLookup {
        match fetched.set.find(query) {
            Found::Usable => KeyLookup::Now(Ok(fetched.set.clone())),
            Found::Unusable => KeyLookup::Now(Err(unusable_key(query))),
            Found::Unknown => self.look_up_unknown(query, fetched),
        }
    }

    /// The set is too old. While the issuer cannot be reached it stands in, up to its bound, and
    /// nobody waits for attempts that have failed before.
    fn look_up_in_old_set(self: &Arc<Self>, query: &KeyQuery, fetched: &Fetched) -> KeyLookup {
        let has_failed = self.control.lock().single_flight.has_failed();
        let joined = self.board();
        let found = fetched.set.find(query);
        if has_failed && self.may_stand_in(fetched) && found == Found::Usable {
            return KeyLookup::Now(Ok(fetched.set.clone()));
        }
        let judged = self.clone().judge_by(joined, query.clone());
        if found != Found::Unknown {
            return KeyLookup::Later(Box::pin(judged));
        }
        match self.control.place() {
            Some(place) => self.patiently(place, SOON, judged),
            None => KeyLookup::Now(Err(too_early(SOON))),
        }
    }

    /// Judges by the set that a fetch brings, or by an old one that may stand in for it.
    async fn judge_by(
        self: Arc<Self>,
        joined: Result<Joined, FetchError>,
        query: KeyQuery,
    ) -> Result<Arc<KeySet>, Rejection> {
        let (outcome, is_ours) = match joined {
            Ok(joined) => (joined.flight.landed().await, joined.is_ours),
            Err(error) => (Err(error), false),
        };
        if is_ours
            && let Ok(fetched) = &outcome
            && fetched.set.find(&query) == Found::Unknown
        {
            // It began for this token, so it is the last word; it counts among the fetches that
            // unknown key ids cause, whether or not there are any left.
            let _ = self.control.lock().bucket.take(self.clock.monotonic());
            return Err(unknown_key(&query));
        }
        let fetched = match (outcome, self.current.load_full()) {
            (Ok(fetched), _) => fetched,
            (Err(_), Some(fetched)) if self.may_stand_in(&fetched) => fetched,
            (Err(error), _) => return Err(keys_unavailable(&error)),
        };
        match self.look_up_in(&query, &fetched) {
            KeyLookup::Now(answer) => answer,
            KeyLookup::Later(answer) => answer.await,
        }
    }

    /// The set does not have the key. One that was fetched after the token was issued can say
    /// that there is none; before that, the token waits for the next fetch.
    fn look_up_unknown(self: &Arc<Self>, query: &KeyQuery, fetched: &Fetched) -> KeyLookup {
        let (jwks, query) = (self.clone(), query.clone());
        let mut control = self.control.lock();
        if let Some(running) = control.single_flight.running() {
            drop(control);
            let Some(place) = self.control.place() else {
                return KeyLookup::Now(Err(self.without_place(&query, fetched, SOON)));
            };
            let judged = jwks.judge_after(running, query.clone(), false);
            return self.patiently(place, SOON, judged);
        }
        // Asked first, so that a cool-down costs none of the fetches that are left.
        let runtime = match control.single_flight.clearance(&*self.clock) {
            Ok(runtime) => runtime,
            Err(error) => return KeyLookup::Now(Err(keys_unavailable(&error))),
        };
        let wait = match control.bucket.take(self.clock.monotonic()) {
            Ok(()) => {
                let departure = control.single_flight.start(&*self.clock, runtime);
                drop(control);
                let flight = departure.launch(self);
                let Some(place) = self.control.place() else {
                    return KeyLookup::Now(Err(self.without_place(&query, fetched, SOON)));
                };
                let judged = jwks.judge_after(flight, query.clone(), true);
                return self.patiently(place, SOON, judged);
            }
            Err(wait) => wait,
        };
        let mut begun = control.single_flight.begun();
        drop(control);
        if self.is_younger(fetched, &query) {
            return KeyLookup::Now(Err(unknown_key(&query)));
        }
        let Some(place) = self.control.place() else {
            return KeyLookup::Now(Err(too_early(wait)));
        };
        self.patiently(place, wait, async move {
            let told = begun.changed().await;
            let next = told.ok().and_then(|()| begun.borrow_and_update().clone());
            match next {
                Some(flight) => jwks.judge_after(flight, query, true).await,
                None => Err(too_early(wait)),
            }
        })
    }

    /// Too many wait already: the set that is there is the judge, if it can be.
    fn without_place(&self, query: &KeyQuery, fetched: &Fetched, wait: Duration) -> Rejection {
        if self.is_younger(fetched, query) {
            unknown_key(query)
        } else {
            too_early(wait)
        }
    }

    /// Waits for a judgement, with a place and only so long.
    fn patiently(
        &self,
        place: Place,
        wait: Duration,
        judged: impl Future<Output = Result<Arc<KeySet>, Rejection>> + Send + 'static,
    ) -> KeyLookup {
        if Handle::try_current().is_err() {
            return KeyLookup::Now(Err(keys_unavailable(&FetchError::NoRuntime)));
        }
        let patience = self.limits.patience;
        KeyLookup::Later(Box::pin(async move {
            let _place = place;
            tokio::time::timeout(patience, judged)
                .await
                .unwrap_or_else(|_| Err(too_early(wait)))
        }))
    }

    /// Judges an unknown key id by a fetch. One that began after the token arrived is the last
    /// word; after one that was under way already the token may need the next.
    async fn judge_after(
        self: Arc<Self>,
        flight: KeyFlight,
        query: KeyQuery,
        is_last_word: bool,
    ) -> Result<Arc<KeySet>, Rejection> {
        let fetched = flight
            .landed()
            .await
            .map_err(|error| keys_unavailable(&error))?;
        if is_last_word && fetched.set.find(&query) == Found::Unknown {
            return Err(unknown_key(&query));
        }
        match self.look_up_in(&query, &fetched) {
            KeyLookup::Now(answer) => answer,
            KeyLookup::Later(answer) => answer.await,
        }
    }

    /// Whether the fetch of this set began after the token was issued, by whichever clock.
    fn is_younger(&self, fetched: &Fetched, query: &KeyQuery) -> bool {
        query.iat.is_some_and(|iat| {
            let issued = iat.plus(self.limits.leeway);
            fetched.began.wall.as_seconds() > issued.as_seconds()
        })
    }
}
