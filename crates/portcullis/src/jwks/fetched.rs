use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use http::{HeaderMap, HeaderValue};

use super::{
    KeyLimits, KeySet,
    caching::{age, entity_tag, granted_life},
};
use crate::{
    Timestamp,
    http_client::{Began, ServerUrl},
    pacing::refresh_point,
};

/// A key set, when the fetch that brought it began, and for how long it is good.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(super) set: Arc<KeySet>,
    pub(super) began: Began,
    /// Since when the set is the issuer's, for all we know: the beginning of the fetch, or earlier
    /// when a cache has answered.
    pub(super) made: Timestamp,
    /// When the set itself came. One that was only confirmed by its entity tag says nothing of
    /// other keys: some servers change their keys and not their tag.
    pub(super) sent: Sent,
    /// How old it may become, counted from the beginning of the fetch.
    pub(super) life: Duration,
    /// At what age it is fetched again in the background.
    pub(super) refresh_at: Duration,
    source: ServerUrl,
    entity_tag: Option<HeaderValue>,
    granted_life: Option<Duration>,
}

/// An answer that had a set in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    /// The number of its fetch.
    pub(super) number: u64,
    /// When that began.
    pub(super) began: Instant,
    /// As [`Fetched::made`].
    pub(super) made: Timestamp,
    /// Whether a cache has answered in the issuer's stead.
    pub(super) is_from_a_cache: bool,
}

impl Fetched {
    /// A set that was in an answer with these headers.
    pub(super) fn new(
        set: Arc<KeySet>,
        began: Began,
        source: ServerUrl,
        headers: &HeaderMap,
        limits: &KeyLimits,
    ) -> Self {
        let (granted_life, entity_tag) = (granted_life(headers), entity_tag(headers));
        let age = age(headers);
        let made = began.wall.minus(age);
        let life = bounded_life(granted_life, age, limits);
        Self {
            set,
            began,
            made,
            sent: Sent {
                number: began.number,
                began: began.monotonic,
                made,
                is_from_a_cache: made < began.wall,
            },
            life,
            refresh_at: refresh_point(life),
            source,
            entity_tag,
            granted_life,
        }
    }

    /// The same set after the issuer has said in an answer with these headers that it is still
    /// the one: what that answer is silent about stays as it was (RFC 9111 §4.3.4).
    pub(super) fn renewed(&self, began: Began, headers: &HeaderMap, limits: &KeyLimits) -> Self {
        let (set, source) = (self.set.clone(), self.source.clone());
        let renewed = Self::new(set, began, source, headers, limits);
        let granted_life = renewed.granted_life.or(self.granted_life);
        let life = bounded_life(granted_life, age(headers), limits);
        Self {
            sent: self.sent,
            life,
            refresh_at: refresh_point(life),
            entity_tag: renewed.entity_tag.or_else(|| self.entity_tag.clone()),
            granted_life,
            ..renewed
        }
    }

    /// What the issuer can be asked by whether this set is still the one at that address.
    pub(super) fn entity_tag_at(&self, address: &ServerUrl) -> Option<&HeaderValue> {
        let entity_tag = self.entity_tag.as_ref();
        entity_tag.filter(|_| self.source == *address)
    }

    /// How old it is.
    pub(super) fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.began.monotonic)
    }

    /// Whether the set itself came, and not the word that it is unchanged.
    pub(super) fn is_sent(&self) -> bool {
        self.sent.number == self.began.number
    }

    /// Whether the set was sent by a fetch that came after this one.
    pub(super) fn was_sent_after(&self, number: u64) -> bool {
        self.sent.number > number
    }
}

/// What the issuer grants, within our own bounds. The time in caches is part of the longest life,
/// since a withdrawn key was served through all of it.
fn bounded_life(granted: Option<Duration>, age: Duration, limits: &KeyLimits) -> Duration {
    let longest = limits.max_age;
    let shortest = limits.min_age.min(longest);
    let life = granted.unwrap_or(longest).min(longest);
    life.saturating_sub(age).max(shortest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_life_stays_within_its_bounds() {
        let mut limits = KeyLimits::default();
        for (granted, age, life) in [
            (None, 0, 600),
            (Some(300), 0, 300),
            (Some(0), 0, 60),
            (Some(86_400), 0, 600),
            (Some(300), 100, 200),
            (Some(86_400), 100, 500),
            (None, 100, 500),
            (None, 3600, 60),
        ] {
            let granted = granted.map(Duration::from_secs);
            let bounded = bounded_life(granted, age * SECOND, &limits);
            assert_eq!(bounded, life * SECOND, "{granted:?} {age}");
        }
        limits.max_age = 30 * SECOND;
        for granted in [None, Some(Duration::ZERO), Some(Duration::MAX)] {
            for age in [Duration::ZERO, Duration::MAX] {
                assert_eq!(bounded_life(granted, age, &limits), 30 * SECOND);
            }
        }
    }
}
