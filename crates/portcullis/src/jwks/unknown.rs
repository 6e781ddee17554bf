//! A token whose key is in no set that is here: who judges it, and what it waits for.

use std::{future::Future, sync::Arc, time::Duration};

use tokio::runtime::Handle;

use super::{
    Found, KeyLookup, KeyQuery, KeySet, RemoteJwks,
    control::{KeyFlight, Waiting},
    fetched::Fetched,
    refusal::{keys_unavailable, too_early, too_many, unknown_key},
};
use crate::{Rejection, http_client::FetchError};

/// How soon a client may come again whom a fetch under way was too slow for.
pub(super) const SOON: Duration = Duration::from_secs(1);

impl RemoteJwks {
    /// The set does not have the key. One that was made after the token was issued can say that
    /// there is none; before that, the token waits for the next fetch.
    ///
    /// `arrived` is the number of the last fetch that had begun when the token arrived; `None`
    /// when it arrives now.
    pub(super) fn look_up_unknown(
        self: &Arc<Self>,
        query: &KeyQuery,
        fetched: &Fetched,
        arrived: Option<u64>,
    ) -> KeyLookup {
        let mut control = self.control.lock();
        let arrived = arrived.unwrap_or_else(|| control.single_flight.last_number());
        if let Some(running) = control.single_flight.running() {
            drop(control);
            return self.wait_for(running, query, fetched, arrived);
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
                return self.wait_for(flight, query, fetched, arrived);
            }
            Err(wait) => wait,
        };
        let mut begun = control.single_flight.begun();
        drop(control);
        if self.is_younger(fetched, query) {
            return KeyLookup::Now(Err(unknown_key(query)));
        }
        let Some(place) = self.control.place() else {
            return KeyLookup::Now(Err(too_many(wait)));
        };
        let (jwks, query) = (self.clone(), query.clone());
        self.patiently(wait, async move {
            let told = begun.changed().await;
            let next = told.ok().and_then(|()| begun.borrow_and_update().clone());
            match next {
                Some(flight) => jwks.judge_after(flight, query, arrived, place).await,
                None => Err(too_early(wait)),
            }
        })
    }

    /// Waits for a fetch under way. Where too many do already the set that is there is the judge,
    /// if it can be.
    fn wait_for(
        self: &Arc<Self>,
        flight: KeyFlight,
        query: &KeyQuery,
        fetched: &Fetched,
        arrived: u64,
    ) -> KeyLookup {
        if let Some(seat) = self.control.seat(query) {
            let jwks = self.clone();
            let judged = jwks.judge_after(flight, query.clone(), arrived, seat);
            self.patiently(SOON, judged)
        } else if self.is_younger(fetched, query) {
            KeyLookup::Now(Err(unknown_key(query)))
        } else {
            KeyLookup::Now(Err(too_many(SOON)))
        }
    }

    /// Waits for a judgement, and only so long.
    pub(super) fn patiently(
        &self,
        wait: Duration,
        judged: impl Future<Output = Result<Arc<KeySet>, Rejection>> + Send + 'static,
    ) -> KeyLookup {
        if Handle::try_current().is_err() {
            return KeyLookup::Now(Err(keys_unavailable(&FetchError::NoRuntime)));
        }
        let patience = self.limits.patience;
        KeyLookup::Later(Box::pin(async move {
            tokio::time::timeout(patience, judged)
                .await
                .unwrap_or_else(|_| Err(too_early(wait)))
        }))
    }

    /// Judges an unknown key id by a fetch. A set from one that began after the token arrived is the
    /// last word; after one that was under way already, or has only confirmed the set that is here,
    /// the token may need the next.
    async fn judge_after(
        self: Arc<Self>,
        flight: KeyFlight,
        query: KeyQuery,
        arrived: u64,
        waiting: Waiting,
    ) -> Result<Arc<KeySet>, Rejection> {
        let fetched = flight
            .landed()
            .await
            .map_err(|error| keys_unavailable(&error))?;
        // Whoever has to wait again takes another.
        drop(waiting);
        // In a crowd the next fetch may have landed before the last of them got to look.
        let fetched = self.newest(fetched);
        if fetched.set.find(&query) == Found::Unknown && fetched.was_sent_after(arrived) {
            return Err(self.last_word(&query, &fetched));
        }
        match self.look_up_in(&query, &fetched, Some(arrived)) {
            KeyLookup::Now(answer) => answer,
            KeyLookup::Later(answer) => answer.await,
        }
    }

    /// What a set from a fetch that began after the token arrived says of a key that it lacks. Where
    /// a cache has answered, the issuer may have the key all the same.
    pub(super) fn last_word(&self, query: &KeyQuery, fetched: &Fetched) -> Rejection {
        if !fetched.sent.is_from_a_cache || self.is_younger(fetched, query) {
            unknown_key(query)
        } else {
            too_early(SOON)
        }
    }

    /// Whether this set was made, and sent, after the token was issued, by whichever clock.
    pub(super) fn is_younger(&self, fetched: &Fetched, query: &KeyQuery) -> bool {
        query.iat.is_some_and(|iat| {
            let issued = iat.plus(self.limits.leeway);
            fetched.sent.made.as_seconds() > issued.as_seconds()
        })
    }
}
