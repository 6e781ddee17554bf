//! What can become of each thing that is counted: the values of the label `outcome`.

/// The values of a label: few, fixed and known before anything happens.
pub(crate) trait Outcome: Copy + PartialEq + 'static {
    const ALL: &'static [Self];

    fn code(self) -> &'static str;
}

/// An enum with a stable code for each of its variants.
macro_rules! outcomes {
    ($(#[$about:meta])* $name:ident { $($(#[$meaning:meta])* $variant:ident => $code:literal,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum $name {
            $($(#[$meaning])* $variant,)+
        }

        impl Outcome for $name {
            const ALL: &'static [Self] = &[$(Self::$variant,)+];

            fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)+
                }
            }
        }
    };
}

outcomes! {
    /// What was found of a token among the answers that are kept.
    CacheOutcome {
        /// Facts that are young enough.
        Active => "active",
        /// That the server has called it inactive.
        Inactive => "inactive",
        /// That a call about it has failed a moment ago.
        Failed => "failed",
        /// Facts too old for most, which stand in for an answer that cannot be had.
        Stale => "stale",
        /// Nothing.
        Miss => "miss",
        /// Nothing was looked for: the route wants a live answer.
        Bypassed => "bypassed",
    }
}

outcomes! {
    /// How a request came to the call that it waits for.
    Boarding {
        /// The call began for it.
        Started => "started",
        /// It joined a call that was under way.
        Joined => "joined",
        /// It waits for the call after the one that is under way.
        Booked => "booked",
    }
}

outcomes! {
    /// What came of an introspection call.
    CallOutcome {
        /// The token is active.
        Active => "active",
        /// The token is not active.
        Inactive => "inactive",
        /// The token is active and, as the issuer was described, no access token.
        NotAnAccessToken => "not_an_access_token",
        /// The server refused the request: a 4xx or a redirect.
        Refused => "refused",
        /// The server is in trouble, by its own account: a 5xx or 429.
        Trouble => "trouble",
        /// The answer is not one.
        Malformed => "malformed",
        /// The server could not be reached, or broke off.
        Unreachable => "unreachable",
        /// No answer within the deadline.
        Timeout => "timeout",
    }
}

outcomes! {
    /// What came of asking the server what it grants.
    PermissionOutcome {
        /// It had said so a moment ago.
        Kept => "kept",
        /// Something.
        Granted => "granted",
        /// Nothing.
        Nothing => "none",
        /// It knows no such resource or scope.
        Unknown => "unknown",
        /// The token is good no longer.
        Inactive => "inactive",
        /// Too many wait for it.
        Busy => "busy",
        /// The circuit breaker is open.
        Suspended => "suspended",
        /// Nothing that could be used.
        Failed => "failed",
    }
}

outcomes! {
    /// What came of asking for a permission ticket.
    TicketOutcome {
        /// A ticket.
        Issued => "issued",
        /// The server refuses it: it knows no such resource or scope, or does not trust us.
        Refused => "refused",
        /// Too many wait for it.
        Busy => "busy",
        /// The circuit breaker is open.
        Suspended => "suspended",
        /// Nothing that could be used.
        Failed => "failed",
    }
}

outcomes! {
    /// What came of a fetch of keys.
    KeyFetchOutcome {
        /// A set.
        Fetched => "fetched",
        /// The set that is here is still the newest (304).
        Unchanged => "unchanged",
        /// Nothing that can be used.
        Failed => "failed",
    }
}

outcomes! {
    /// What came of looking at the signature of a JWT.
    SignatureOutcome {
        /// A key of the issuer has made it.
        Good => "good",
        /// None has.
        Bad => "bad",
    }
}

outcomes! {
    /// What became of a token that something was known against, or might have been.
    StandingOutcome {
        /// It is over.
        Revoked => "revoked",
        /// It was asked about.
        Asked => "asked",
        /// It could not be asked about, and was refused.
        Unasked => "unasked",
    }
}

outcomes! {
    /// Whether the end of a token's session is told by notices.
    Coverage {
        /// It is.
        Covered => "covered",
        /// It is not: only being asked about ends it before its time.
        Uncovered => "uncovered",
    }
}

outcomes! {
    /// What became of a notice that was received.
    NoticeOutcome {
        /// It said something new.
        Taken => "taken",
        /// It said what was known.
        Repeated => "repeated",
        /// It waits for the issuer's keys.
        Parked => "parked",
        /// It could not be judged, and there was no room for it to wait.
        Dropped => "dropped",
        /// It says nothing of anybody whose tokens can be told.
        Ignored => "ignored",
        /// It is none, or not for us.
        Refused => "refused",
    }
}

outcomes! {
    /// What a feed brought that changed nothing.
    FeedEvent {
        /// It could not be opened.
        Unopened => "unopened",
        /// It is dated ahead.
        DatedAhead => "dated_ahead",
    }
}

outcomes! {
    /// What came of asking for the issuer's cut-off.
    CutOffPoll {
        /// It has moved.
        Moved => "moved",
        /// It is where it was.
        Unmoved => "unmoved",
        /// Nothing that could be used.
        Failed => "failed",
    }
}

outcomes! {
    /// What came of asking about a token in use.
    RecheckOutcome {
        /// The server calls it active.
        Active => "active",
        /// The server calls it inactive.
        Inactive => "inactive",
        /// Another instance had asked.
        Shared => "shared",
        /// The server could not be asked.
        Failed => "failed",
        /// The budget did not suffice.
        Postponed => "postponed",
    }
}

outcomes! {
    /// What was found of a token among the facts that instances share.
    SharedOutcome {
        /// Facts that are young enough.
        Hit => "hit",
        /// None.
        Miss => "miss",
        /// Something that could not be opened.
        Unopened => "unopened",
        /// Something that is dated ahead.
        DatedAhead => "dated_ahead",
        /// The store could not be asked.
        Failed => "failed",
    }
}

#[cfg(feature = "status-list")]
outcomes! {
    /// What the status list that a token names says of it.
    StatusOutcome {
        /// That it is valid.
        Valid => "valid",
        /// Something else, or the token names a list that is not looked at.
        Refused => "refused",
        /// The list has to be fetched first; what it says then is counted as well.
        Awaited => "awaited",
        /// It cannot be had at the moment.
        Unavailable => "unavailable",
    }
}

#[cfg(feature = "status-list")]
outcomes! {
    /// What came of a fetch of a status list.
    StatusFetchOutcome {
        /// It is here.
        Fetched => "fetched",
        /// It could not be had, or could not be used.
        Failed => "failed",
    }
}

/// The state of the circuit breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BreakerState {
    /// Calls are made.
    Closed,
    /// One call finds out whether the server has recovered.
    HalfOpen,
    /// No calls are made.
    Open,
}

impl BreakerState {
    pub(super) const fn level(self) -> u32 {
        match self {
            Self::Closed => 0,
            Self::HalfOpen => 1,
            Self::Open => 2,
        }
    }
}
