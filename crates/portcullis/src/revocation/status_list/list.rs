use std::time::{Duration, Instant};

use super::statuses::Statuses;
use crate::{Reason, Rejection, Timestamp, http_client::Began, pacing::refresh_point};

/// A status list that is well signed: what it says of each token, and for how long that is good.
#[derive(Debug)]
pub(crate) struct StatusList {
    pub(super) statuses: Statuses,
    pub(super) began: Began,
    /// When it was issued.
    pub(super) iat: Timestamp,
    pub(super) life: Life,
    /// When it is over, whatever its life.
    pub(super) ends: Option<Timestamp>,
}

/// For how long a list may be used, counted from the beginning of the fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Life {
    /// How old it may become.
    longest: Duration,
    /// At what age it is fetched again.
    refresh_at: Duration,
}

impl Life {
    /// How long a list is kept that does not say (`ttl`).
    const UNSAID: Duration = Duration::from_secs(300);
    const LEAST: Duration = Duration::from_secs(10);
    const MOST: Duration = Duration::from_secs(3600);

    /// What its `ttl` grants, within bounds and until its end: who asks for very short lives would
    /// have us call all the time, and who asks for very long ones would have revoked tokens go on.
    /// The leeway behind its end is for the next one to come.
    pub(super) fn granted(
        ttl: Option<Duration>,
        until_exp: Option<Duration>,
        leeway: Duration,
    ) -> Self {
        let granted = ttl.unwrap_or(Self::UNSAID).clamp(Self::LEAST, Self::MOST);
        let until_exp = until_exp.unwrap_or(Duration::MAX);
        Self {
            longest: granted.min(until_exp.saturating_add(leeway)),
            refresh_at: refresh_point(granted.min(until_exp)),
        }
    }
}

impl StatusList {
    /// Whether it takes the place of the other: the one that was issued later, of two from the same
    /// second the one whose fetch began later.
    pub(super) fn is_newer_than(&self, other: &Self) -> bool {
        (self.iat, self.began.number) > (other.iat, other.began.number)
    }

    /// Whether it may be used.
    pub(super) fn is_good(&self, monotonic: Instant, now: Timestamp) -> bool {
        self.age(monotonic) < self.life.longest && self.ends.is_none_or(|ends| ends > now)
    }

    /// Whether it is time to fetch the next one, before this one is over.
    pub(super) fn is_due(&self, monotonic: Instant) -> bool {
        self.age(monotonic) >= self.life.refresh_at
    }

    pub(super) fn age(&self, monotonic: Instant) -> Duration {
        monotonic.saturating_duration_since(self.began.monotonic)
    }

    /// Judges the token at this place (§7.1), which was issued then. Of a token that is newer than the
    /// list nothing bad can be told: its place may have been made, or given to it, since.
    pub(super) fn judge(&self, index: u64, issued: Option<Timestamp>) -> Judged {
        let why = match self.statuses.at(index) {
            Some(0) => return Judged::Valid,
            _ if issued.is_some_and(|issued| issued >= self.iat) => return Judged::TooNew,
            Some(1) => "its status list says that it is invalid",
            Some(2) => "its status list says that it is suspended",
            Some(_) => "its status list gives it a status that is not known here",
            None => "its status list has no such place",
        };
        Judged::Refused(Rejection::because(Reason::StatusNotValid, why))
    }
}

/// What a list says of a token.
#[derive(Debug)]
pub(super) enum Judged {
    Valid,
    Refused(Rejection),
    /// A newer list has to tell.
    TooNew,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_has_bounds() {
        let seconds = Duration::from_secs;
        for (ttl, until_exp, longest, fetched_again_in) in [
            (None, None, 300, 300),
            (Some(1), None, 10, 10),
            (Some(60), Some(86_400), 60, 60),
            (Some(86_400), None, 3600, 3600),
            (Some(60), Some(5), 35, 5),
            (Some(60), Some(45), 60, 45),
            (Some(60), Some(0), 30, 0),
        ] {
            let (ttl, until_exp) = (ttl.map(seconds), until_exp.map(seconds));
            let life = Life::granted(ttl, until_exp, seconds(30));
            assert_eq!(life.longest, seconds(longest), "{ttl:?} {until_exp:?}");
            let (earliest, latest) = (
                seconds(fetched_again_in) * 7 / 10,
                seconds(fetched_again_in) * 9 / 10,
            );
            assert!((earliest..=latest).contains(&life.refresh_at), "{life:?}");
        }
    }
}
