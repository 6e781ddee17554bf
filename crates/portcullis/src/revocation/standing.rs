use std::{
    fmt,
    time::{Duration, Instant},
};

use crate::{Freshness, Reason, Rejection};

/// What the news makes of a token.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Standing {
    /// Nothing is known against it.
    Clear,
    /// It is over, whatever its signature and the authorization server say.
    Revoked(Ended),
    /// Something has happened that it may not have survived: an answer about this very token
    /// decides, before a handler runs.
    Ask(Doubt),
}

/// What a token has ended with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ended {
    /// Its session (`sid`).
    Session,
    /// All sessions of its subject (`sub`).
    Subject,
    /// Everything its client (`azp`) was issued until then.
    Client,
    /// The token alone (`jti`).
    Token,
    /// Everything its issuer has issued until then.
    Issuer,
}

/// Why a token has to be asked about, and since when: an active answer to a call that began later
/// clears it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doubt {
    pub(super) cause: DoubtCause,
    pub(super) since: Instant,
    /// Whether the operator would rather live with it where nobody can be asked.
    pub(super) is_bearable: bool,
}

/// What has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DoubtCause {
    /// The last answer about the token was "inactive".
    Inactive,
    /// All sessions of its subject have ended a moment ago; which of its tokens were issued
    /// afterwards cannot be told yet.
    SubjectEnded,
    /// Something has happened to its subject, such as a change of password.
    SubjectChanged,
    /// It may be a token of an offline session, which outlives the login session of the same name.
    Offline,
    /// A cut-off that it did not survive was taken back.
    CutOffFell,
    /// It lives longer than `max_token_lifetime`, or does not say for how long, so that what has
    /// happened to it may be forgotten already.
    LivesTooLong,
    /// It was issued before this instance is known to have missed nothing.
    Incomplete,
}

impl Ended {
    /// The verdict.
    pub(crate) fn rejection(self) -> Rejection {
        Rejection::because(
            Reason::Revoked,
            match self {
                Self::Session => "its session has ended, as the issuer has told",
                Self::Subject => "all sessions of its subject have ended, as the issuer has told",
                Self::Client => "it was issued before its client's cut-off",
                Self::Token => "it was revoked, as the issuer has told",
                Self::Issuer => "it was issued before the issuer's cut-off (not-before)",
            },
        )
    }
}

impl Doubt {
    /// What has happened.
    #[must_use]
    pub fn cause(&self) -> DoubtCause {
        self.cause
    }

    /// Since when: only an active answer to a call that began later clears the doubt.
    #[must_use]
    pub fn since(&self) -> Instant {
        self.since
    }

    /// How fresh an answer must be that clears it, for one who asks at `now`.
    pub(crate) fn freshness(self, now: Instant) -> Freshness {
        Freshness::since(self.since, now)
    }

    /// Why the token is refused where nobody can be asked; `None` where the doubt is lived with. Most
    /// doubts end with the token: another one is needed.
    pub(crate) fn refusal(self) -> Option<Rejection> {
        let refuse = Rejection::because;
        if self.is_bearable {
            return None;
        }
        Some(match self.cause {
            DoubtCause::Inactive => refuse(
                Reason::Inactive,
                "the last answer about it was \"inactive\", and this route cannot ask again",
            ),
            DoubtCause::SubjectEnded => refuse(
                Reason::RevocationPending,
                "all sessions of its subject have ended a moment ago, and this route cannot ask whether the token belongs to a new one",
            )
            .with_retry_after(Duration::from_secs(60)),
            DoubtCause::LivesTooLong => refuse(
                Reason::LivesTooLong,
                "`exp - iat` is longer than `max_token_lifetime`, or the token has no `iat` or no `exp`: what has happened to it may be forgotten already, and this route cannot ask; raise `max_token_lifetime`, or lower the lifespan of access tokens at the issuer",
            ),
            DoubtCause::SubjectChanged
            | DoubtCause::Offline
            | DoubtCause::CutOffFell
            | DoubtCause::Incomplete => refuse(
                Reason::Unconfirmed,
                "something has happened that it may not have survived, and this route cannot ask: use `hybrid()`",
            ),
        })
    }

    /// Whether an answer to a call that began once the other was known settles this one as well.
    pub(crate) fn says_nothing_newer_than(self, known: Self) -> bool {
        self.since <= known.since
    }
}

impl fmt::Display for DoubtCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl DoubtCause {
    /// The stable code, in snake case.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::SubjectEnded => "subject_ended",
            Self::SubjectChanged => "subject_changed",
            Self::Offline => "offline",
            Self::CutOffFell => "cut_off_fell",
            Self::LivesTooLong => "lives_too_long",
            Self::Incomplete => "incomplete",
        }
    }
}
