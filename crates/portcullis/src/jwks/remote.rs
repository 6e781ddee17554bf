use std::{fmt, sync::Arc, time::Duration};

use arc_swap::ArcSwapOption;

use super::{
    Algorithm, Found, KeyLimits, KeyLookup, KeyQuery, KeySet,
    bucket::Bucket,
    flight::{Control, Fetched, Flight, Place},
    refusal::{keys_unavailable, too_early, unknown_key, unusable_key},
};
use crate::{
    Clock, Rejection,
    discovery::Discovery,
    http_client::{FetchError, Limits, fetch_document},
};

/// The keys that an issuer publishes, fetched when they are needed, by one fetch at a time. Who
/// asks for a known key waits for nobody.
pub(crate) struct RemoteJwks {
    discovery: Arc<Discovery>,
    algorithms: Arc<[Algorithm]>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) limits: KeyLimits,
    pub(super) current: ArcSwapOption<Fetched>,
    pub(super) control: Control,
}

impl RemoteJwks {
    const MAX_DOCUMENT: usize = 256 * 1024;
    /// The part of `max_age` after which a set is fetched again in the background.
    const REFRESH_AHEAD: f32 = 0.8;

    pub(crate) fn new(
        discovery: Arc<Discovery>,
        algorithms: Arc<[Algorithm]>,
        limits: KeyLimits,
    ) -> Self {
        let clock = discovery.clock.clone();
        let bucket = Bucket::full(
            limits.unknown_kid_burst,
            limits.unknown_kid_period,
            clock.monotonic(),
        );
        Self {
            discovery,
            algorithms,
            clock,
            limits,
            current: ArcSwapOption::empty(),
            control: Control::new(bucket),
        }
    }

    /// Fetches the keys now, unless a fetch is under way.
    pub(crate) async fn load(self: &Arc<Self>) -> Result<(), FetchError> {
        let flight = self.control.lock().join_or_start(self)?;
        flight.landed().await.map(drop)
    }

    /// Finds a set that has the key of a query.
    pub(crate) fn look_up(self: &Arc<Self>, query: &KeyQuery) -> KeyLookup {
        let current = self.current.load();
        let Some(fetched) = current.as_ref() else {
            return self.look_up_after_fetch(query);
        };
        let age = self.age(fetched);
        if age >= self.limits.max_age {
            return self.look_up_in_old_set(query, fetched);
        }
        if age >= self.limits.max_age.mul_f32(Self::REFRESH_AHEAD) {
            // A failure is logged by the fetch, and tried again after its cool-down.
            drop(self.control.lock().join_or_start(self));
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
        let mut control = self.control.lock();
        let has_failed = control.has_failed();
        drop(control.join_or_start(self));
        drop(control);
        if has_failed && self.may_stand_in(fetched) && fetched.set.find(query) == Found::Usable {
            return KeyLookup::Now(Ok(fetched.set.clone()));
        }
        self.look_up_after_fetch(query)
    }

    fn look_up_after_fetch(self: &Arc<Self>, query: &KeyQuery) -> KeyLookup {
        let mut control = self.control.lock();
        let is_ours = control.running().is_none();
        let flight = control.join_or_start(self);
        drop(control);
        let (jwks, query) = (self.clone(), query.clone());
        KeyLookup::Later(Box::pin(async move {
            let outcome = match flight {
                Ok(flight) => flight.landed().await,
                Err(error) => Err(error),
            };
            if is_ours
                && let Ok(fetched) = &outcome
                && fetched.set.find(&query) == Found::Unknown
            {
                // It began for this token, so it is the last word; it counts among the fetches
                // that unknown key ids cause, whether or not there are any left.
                let _ = jwks.control.lock().bucket.take(jwks.clock.monotonic());
                return Err(unknown_key(&query));
            }
            let fetched = match (outcome, jwks.current.load_full()) {
                (Ok(fetched), _) => fetched,
                (Err(_), Some(fetched)) if jwks.may_stand_in(&fetched) => fetched,
                (Err(error), _) => return Err(keys_unavailable(&error)),
            };
            match jwks.look_up_in(&query, &fetched) {
                KeyLookup::Now(answer) => answer,
                KeyLookup::Later(answer) => answer.await,
            }
        }))
    }

    /// The set does not have the key. One that was fetched after the token was issued can say
    /// that there is none; before that, the token waits for the next fetch.
    fn look_up_unknown(self: &Arc<Self>, query: &KeyQuery, fetched: &Fetched) -> KeyLookup {
        let mut control = self.control.lock();
        let (jwks, query) = (self.clone(), query.clone());
        if let Some(running) = control.running() {
            let judged = async move { jwks.judge_after(running, &query, false).await };
            return KeyLookup::Later(Box::pin(judged));
        }
        let wait = match control.bucket.take(self.clock.monotonic()) {
            Ok(()) => {
                return match control.join_or_start(self) {
                    Ok(flight) => KeyLookup::Later(Box::pin(async move {
                        jwks.judge_after(flight, &query, true).await
                    })),
                    Err(error) => KeyLookup::Now(Err(keys_unavailable(&error))),
                };
            }
            Err(wait) => wait,
        };
        if is_younger(fetched, &query) {
            return KeyLookup::Now(Err(unknown_key(&query)));
        }
        let Some(place) = Place::take(self, &mut control) else {
            return KeyLookup::Now(Err(too_early(wait)));
        };
        let mut begun = control.begun();
        KeyLookup::Later(Box::pin(async move {
            let _place = place;
            let next = async {
                begun.changed().await.ok()?;
                jwks.control.lock().running()
            };
            match tokio::time::timeout(jwks.limits.patience, next).await {
                Ok(Some(flight)) => jwks.judge_after(flight, &query, true).await,
                _ => Err(too_early(wait)),
            }
        }))
    }

    /// Judges an unknown key id by a fetch. One that began after the token arrived is the last
    /// word; one that was under way already, only if it began after the token was issued.
    async fn judge_after(
        &self,
        flight: Flight,
        query: &KeyQuery,
        is_last_word: bool,
    ) -> Result<Arc<KeySet>, Rejection> {
        let fetched = flight
            .landed()
            .await
            .map_err(|error| keys_unavailable(&error))?;
        match fetched.set.find(query) {
            Found::Usable => Ok(fetched.set.clone()),
            Found::Unusable => Err(unusable_key(query)),
            Found::Unknown if is_last_word || is_younger(&fetched, query) => {
                Err(unknown_key(query))
            }
            Found::Unknown => Err(too_early(Duration::ZERO)),
        }
    }

    fn age(&self, fetched: &Fetched) -> Duration {
        let now = self.clock.monotonic();
        now.saturating_duration_since(fetched.began)
    }

    fn may_stand_in(&self, fetched: &Fetched) -> bool {
        self.age(fetched) < self.limits.max_age + self.limits.max_stale
    }

    pub(super) async fn fetch(&self) -> Result<KeySet, FetchError> {
        let url = self.discovery.jwks_uri().await?;
        let limits = Limits::new(self.limits.deadline, Self::MAX_DOCUMENT);
        let accept = "application/jwk-set+json, application/json";
        let document = fetch_document(&*self.discovery.http, &url, accept, limits).await?;
        let set = KeySet::parse(&document, &self.algorithms).map_err(|problem| {
            FetchError::Malformed {
                url: url.to_string(),
                problem: problem.to_string(),
            }
        })?;
        let before = self.current.load();
        set.warn_of_private_keys(before.as_deref().map(|before| &*before.set));
        if set.usable_keys() == 0 {
            tracing::warn!(
                target: "portcullis::jwks",
                %url,
                "the issuer publishes no key that can be used here: its tokens will be refused"
            );
        }
        Ok(set)
    }
}

/// Whether the fetch of this set began after the token was issued.
fn is_younger(fetched: &Fetched, query: &KeyQuery) -> bool {
    query
        .iat
        .is_some_and(|iat| fetched.began_at.as_seconds() > iat.as_seconds())
}

impl fmt::Debug for RemoteJwks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteJwks")
            .field("issuer", &self.discovery.issuer)
            .finish_non_exhaustive()
    }
}
