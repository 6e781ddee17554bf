//! How a notice of the issuer finds its key. It is no request: nobody waits for its verdict but the
//! issuer itself, it must not be judged before the keys can be had, and floods of forged ones must
//! not take away what unknown key ids of tokens may cause. A status list finds its key in the same way,
//! and floods of forged notices take nothing away from it either.

use std::{sync::Arc, time::Duration};

use super::{
    Found, KeyQuery, KeySet, Keys, RemoteJwks, SignedText, fetched::Fetched, unknown::SOON,
};
use crate::{Rejection, http_client::FetchError};

/// Why there is no key for a notice.
#[derive(Debug, Clone)]
pub(crate) enum NoKey {
    /// A set that was fetched after the notice was signed has none: that is the last word.
    Unknown(Rejection),
    /// The keys cannot be had at the moment.
    Unavailable(Rejection),
}

type Keyed = Result<Arc<KeySet>, NoKey>;

impl Keys {
    /// The key set that a notice or a list is judged by; fetched, if need be.
    pub(crate) async fn find_for(&self, text: SignedText, query: &KeyQuery) -> Keyed {
        match self {
            Self::Fixed(_) => self
                .known_for_notice(query)
                .unwrap_or_else(|| Err(NoKey::Unknown(super::refusal::unknown_key(query)))),
            Self::Remote(remote) => remote.find_for(text, query).await,
        }
    }

    /// The same by what is here; `None` where only a fetch can tell.
    pub(crate) fn known_for_notice(&self, query: &KeyQuery) -> Option<Keyed> {
        match self {
            Self::Fixed(set) => Some(match set.find(query) {
                Found::Usable => Ok(set.clone()),
                Found::Unusable | Found::Unknown => {
                    Err(NoKey::Unknown(super::refusal::unknown_key(query)))
                }
            }),
            Self::Remote(remote) => remote.known_for_notice(query),
        }
    }

    /// Returns when a fetch of keys has ended since `seen`; the number of the last that has.
    pub(crate) async fn landed_since(&self, seen: u64) -> u64 {
        match self {
            Self::Fixed(_) => std::future::pending().await,
            Self::Remote(remote) => {
                let mut landings = remote.landings.subscribe();
                let landed = landings.wait_for(|landed| *landed != seen).await;
                landed.map_or(seen, |landed| *landed)
            }
        }
    }
}

impl RemoteJwks {
    /// How long a notice waits for keys: its sender does not wait much longer.
    const NOTICE_PATIENCE: Duration = Duration::from_secs(2);

    fn known_for_notice(&self, query: &KeyQuery) -> Option<Keyed> {
        let fetched = self.current.load_full()?;
        self.may_stand_in(&fetched)
            .then(|| self.judged_by(&fetched, query))
            .flatten()
    }

    /// What a set says of a key; `None` where it may be too old to know.
    fn judged_by(&self, fetched: &Fetched, query: &KeyQuery) -> Option<Keyed> {
        match fetched.set.find(query) {
            Found::Usable => Some(Ok(fetched.set.clone())),
            Found::Unusable => Some(Err(NoKey::Unknown(super::refusal::unusable_key(query)))),
            Found::Unknown if self.is_younger(fetched, query) => {
                Some(Err(NoKey::Unknown(super::refusal::unknown_key(query))))
            }
            Found::Unknown => None,
        }
    }

    async fn find_for(self: &Arc<Self>, text: SignedText, query: &KeyQuery) -> Keyed {
        if let Some(keyed) = self.known_for_notice(query) {
            return keyed;
        }
        let unavailable = |error| NoKey::Unavailable(super::refusal::keys_unavailable(&error));
        let crowded = || NoKey::Unavailable(super::refusal::too_many(SOON));
        let _seat = match text {
            SignedText::Notice => Some(self.control.notice_seat(query).ok_or_else(crowded)?),
            // Nobody but us decides how many of them come.
            #[cfg(feature = "status-list")]
            SignedText::StatusList => None,
        };
        let arrived = self.control.lock().single_flight.last_number();
        let fetching = self.fetched_after(arrived, text, query);
        let fetched = tokio::time::timeout(Self::NOTICE_PATIENCE, fetching)
            .await
            .unwrap_or(Err(FetchError::Overdue))
            .map_err(unavailable)?;
        if let Some(keyed) = self.judged_by(&fetched, query) {
            return keyed;
        }
        Err(
            if fetched.was_sent_after(arrived) && !fetched.sent.is_from_a_cache {
                NoKey::Unknown(super::refusal::unknown_key(query))
            } else {
                NoKey::Unavailable(super::refusal::too_early(Duration::from_secs(1)))
            },
        )
    }

    /// A set that can tell, or one from a fetch that begins after this one.
    async fn fetched_after(
        self: &Arc<Self>,
        arrived: u64,
        text: SignedText,
        query: &KeyQuery,
    ) -> Result<Arc<Fetched>, FetchError> {
        let running = self.control.lock().single_flight.running();
        if let Some(flight) = running
            && let Ok(fetched) = flight.landed().await
        {
            // In a crowd the next fetch may have landed before the last of them got to look.
            let fetched = self.newest(fetched);
            if fetched.began.number > arrived || self.judged_by(&fetched, query).is_some() {
                return Ok(fetched);
            }
        }
        let departure = {
            let mut control = self.control.lock();
            match control.single_flight.running() {
                // It began for somebody else, and after this.
                Some(_) => {}
                None => {
                    // Asked first, so that a cool-down costs none of the fetches that are left.
                    control.single_flight.clearance(&*self.clock)?;
                    let taken = control.bucket_of(text).take(self.clock.monotonic());
                    taken.map_err(|_| FetchError::Aborted)?;
                }
            }
            control.single_flight.board(&*self.clock)?
        };
        departure.launch(self).landed().await
    }
}
