//! What is counted, through the [`metrics`] facade: without a recorder, nothing is.
//!
//! | metric | labels | |
//! |---|---|---|
//! | `portcullis_requests_total` | `outcome` | requests that a layer has answered: `verified`, `anonymous`, `rejected` |
//! | `portcullis_rejections_total` | `reason` | the rejected ones, by [`Reason::code`](crate::Reason::code) |
//! | `portcullis_introspection_cache_lookups_total` | `issuer`, `outcome` | what was kept of a token: `active`, `inactive`, `failed`, `stale`, `miss`; `bypassed` on a live route |
//! | `portcullis_introspection_boardings_total` | `issuer`, `outcome` | who waits for a call: `started` it, `joined` it, `booked` the next one |
//! | `portcullis_introspection_calls_total` | `issuer`, `outcome` | calls: `active`, `inactive`, `not_an_access_token`, `refused`, `trouble`, `malformed`, `unreachable`, `timeout` |
//! | `portcullis_introspection_call_duration_seconds` | `issuer` | a histogram of how long they took |
//! | `portcullis_introspection_retries_total` | `issuer` | calls that were made again |
//! | `portcullis_introspection_breaker_state` | `issuer` | 0 closed, 1 half-open, 2 open |
//! | `portcullis_introspection_breaker_openings_total` | `issuer` | how often it opened |
//! | `portcullis_uma_permissions_total` | `issuer`, `outcome` | what the server grants a token's bearer, where a route asks for it: it was `kept` from before, or a call brought some (`granted`), `none`, or that the permission is `unknown` or the token `inactive`; `failed`; `busy` and `suspended` (the breaker is open) made no call |
//! | `portcullis_uma_tickets_total` | `issuer`, `outcome` | permission tickets: `issued`, `refused`, `failed`; `busy` and `suspended` as above |
//! | `portcullis_jwks_fetches_total` | `issuer`, `outcome` | fetches of keys: `fetched`, `unchanged`, `failed` |
//! | `portcullis_jwks_fetched_timestamp_seconds` | `issuer` | Unix time of the last good one: `time() - …` is the age of the keys |
//! | `portcullis_jwks_usable_keys` | `issuer` | keys that can be used, those that were given included; 0 until the first fetch |
//! | `portcullis_jwt_signatures_total` | `issuer`, `outcome` | signatures of tokens that were looked at: `good`, `bad`; a token that is remembered needs no second look |
//! | `portcullis_readiness` | `issuer` | what [`Issuer::readiness`](crate::Issuer::readiness) last said: 0 not ready, 1 degraded, 2 ready |
//! | `portcullis_revocation_standings_total` | `issuer`, `outcome` | tokens that something was known against: `revoked`, `asked`, `unasked` (refused, since nobody could be asked) |
//! | `portcullis_revocation_coverage_total` | `issuer`, `outcome` | good tokens: `covered` by notices of the end of their sessions, or `uncovered` |
//! | `portcullis_revocation_notices_total` | `issuer`, `outcome` | notices that were received, security events included: `taken`, `repeated`, `parked` (until there are keys), `dropped`, `ignored` (of no consequence here), `refused` |
//! | `portcullis_revocation_feed_ignored_total` | `issuer`, `outcome` | entries of the feed between instances that changed nothing: `unopened`, `dated_ahead` |
//! | `portcullis_revocation_feed_silent_ends_total` | `issuer` | covered tokens that were found inactive though no notice had told |
//! | `portcullis_revocation_cut_off_polls_total` | `issuer`, `outcome` | questions for the issuer's cut-off: `moved`, `unmoved`, `failed` |
//! | `portcullis_revocation_entries` | `issuer` | what is kept of what is over |
//! | `portcullis_revocation_evictions_total` | `issuer` | entries that had to go before their end: raise `max_revocations` |
//! | `portcullis_revocation_complete_since_timestamp_seconds` | `issuer` | Unix time from when on no news was missed |
//! | `portcullis_rechecks_total` | `issuer`, `outcome` | questions about tokens in use: `active`, `inactive`, `shared` (another instance had asked), `failed`, `postponed` (the budget did not suffice) |
//! | `portcullis_recheck_overdue_seconds` | `issuer` | by how much the token that was served last is overdue; 0 as long as the promise is kept |
//! | `portcullis_shared_facts_total` | `issuer`, `outcome` | look-ups among the facts that instances share: `hit`, `miss`, `unopened`, `dated_ahead` (by a clock that is ahead of this one), `failed` |
//! | `portcullis_status_list_lookups_total` | `issuer`, `outcome` | good tokens that name a status list: `valid`, `refused`, `awaited` (the list had to be fetched first), `unavailable` |
//! | `portcullis_status_list_fetches_total` | `issuer`, `outcome` | fetches of status lists: `fetched`, `failed` |
//! | `portcullis_status_list_bytes` | `issuer` | how long the status lists are that are kept, unpacked |
//! | `portcullis_status_list_evictions_total` | `issuer` | status lists that had to make room for others: raise `StatusLists::max_bytes` |
//!
//! `issuer` is the issuer as it was configured. No label depends on what a client sends: neither
//! tokens, subjects, key ids nor paths are in any of them.
//!
//! Install the recorder before the issuer is built: every counter begins at 0 when its issuer or
//! its layer is made, those of UMA when [`Issuer::uma`](crate::Issuer::uma) is called, so that the first event of a kind is an increase. With layers inside one
//! another, each counts what it answers.

mod issuer;
mod keys;
mod metric;
mod outcome;
mod request;
mod revocation;
#[cfg(feature = "status-list")]
mod status_list;

pub use self::metric::describe;
pub(crate) use self::{
    issuer::Telemetry,
    outcome::{
        Boarding, BreakerState, CacheOutcome, CallOutcome, Coverage, CutOffPoll, FeedEvent,
        KeyFetchOutcome, NoticeOutcome, Outcome, PermissionOutcome, RecheckOutcome, SharedOutcome,
        SignatureOutcome, StandingOutcome, TicketOutcome,
    },
    request::{RequestOutcome, requests_begin},
    revocation::RevocationTelemetry,
};
#[cfg(feature = "status-list")]
pub(crate) use self::{
    outcome::{StatusFetchOutcome, StatusOutcome},
    status_list::StatusListTelemetry,
};

/// The histogram of introspection calls, for recorders that are told the buckets of each.
pub const CALL_DURATION: &str = "portcullis_introspection_call_duration_seconds";

/// Buckets that fit [`CALL_DURATION`], in seconds: from a call within one machine to the default
/// deadline and beyond.
pub const CALL_DURATION_BUCKETS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0,
];
