//! Whose answer it was that is told again.

use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::{
    RevocationSet,
    notice::{News, RevocationNotice},
    set::Inner,
};

/// One process of a service, by a number that it has drawn for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Instance(u64);

impl Instance {
    /// `None` where there is no randomness to be had: such a one knows nothing again.
    pub(super) fn random() -> Option<Self> {
        let mut bytes = [0; 8];
        aws_lc_rs::rand::fill(&mut bytes).ok()?;
        Some(Self(u64::from_ne_bytes(bytes)))
    }
}

/// Which instance was given an answer, and when its call began. Other instances tell it again, and whoever
/// was given it knows it by this: what comes back later than a newer answer is no news.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origin {
    instance: Instance,
    /// In milliseconds of that instance's count, which no other can read.
    began: u64,
}

/// An answer that called a token inactive.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InactiveAnswer {
    /// When its call began, by our clock.
    pub(crate) began: Instant,
    /// Whose answer it was. One without may be anybody's.
    pub(crate) origin: Option<Origin>,
}

impl InactiveAnswer {
    /// Both in one: as late as the later one. What two instances were given is nobody's own.
    pub(crate) fn or(self, other: Self) -> Self {
        let instance = |answer: Self| answer.origin.map(|origin| origin.instance);
        let is_of_one = instance(self) == instance(other);
        let later = if self.began > other.began {
            self
        } else {
            other
        };
        Self {
            origin: later.origin.filter(|_| is_of_one),
            ..later
        }
    }
}

impl RevocationSet {
    /// An inactive answer to a call of our own.
    pub(crate) fn inactive_answer(&self, began: Instant) -> InactiveAnswer {
        let inner = &*self.inner;
        let origin = inner.instance.map(|instance| Origin {
            instance,
            began: inner.moments.milliseconds(began),
        });
        InactiveAnswer { began, origin }
    }

    /// One that comes from elsewhere than introspection, where only one call is under way about a token: it is
    /// later than each doubt that such a call clears.
    pub(crate) fn inactive_answer_now(&self) -> InactiveAnswer {
        let inner = &*self.inner;
        self.inactive_answer(inner.moments.instant(inner.arriving_now()))
    }
}

impl Inner {
    /// When the call began whose answer a notice tells, if this instance was given that itself.
    pub(super) fn began_here(&self, notice: &RevocationNotice) -> Option<u64> {
        let News::SuspectToken { .. } = notice.news else {
            return None;
        };
        let origin = notice.origin?;
        (Some(origin.instance) == self.instance).then_some(origin.began)
    }
}
