//! Every metric, once: its name, its unit and what it says.

use metrics::{KeyName, Level, Metadata, Recorder, SharedString, Unit};

/// A metric as the recorder knows it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Metric {
    pub(super) name: &'static str,
    kind: Kind,
    unit: Option<Unit>,
    description: &'static str,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// What every metric is registered with.
pub(super) static METADATA: Metadata<'static> =
    Metadata::new("portcullis", Level::INFO, Some(module_path!()));

pub(super) const REQUESTS: Metric = Metric::counter(
    "portcullis_requests_total",
    "Requests that a layer has answered, by what became of them",
);
pub(super) const REJECTIONS: Metric = Metric::counter(
    "portcullis_rejections_total",
    "Requests that were refused, by the reason",
);
pub(super) const CACHE_LOOKUPS: Metric = Metric::counter(
    "portcullis_introspection_cache_lookups_total",
    "Tokens that were looked for among the answers that are kept, by what was found",
);
pub(super) const BOARDINGS: Metric = Metric::counter(
    "portcullis_introspection_boardings_total",
    "Requests that wait for an introspection call, by how they came to it",
);
pub(super) const CALLS: Metric = Metric::counter(
    "portcullis_introspection_calls_total",
    "Introspection calls, by their outcome",
);
pub(super) const CALL_SECONDS: Metric = Metric {
    name: super::CALL_DURATION,
    kind: Kind::Histogram,
    unit: Some(Unit::Seconds),
    description: "How long introspection calls took",
};
pub(super) const RETRIES: Metric = Metric::counter(
    "portcullis_introspection_retries_total",
    "Introspection calls that were made again",
);
pub(super) const BREAKER_STATE: Metric = Metric::gauge(
    "portcullis_introspection_breaker_state",
    None,
    "The circuit breaker of introspection: 0 closed, 1 half-open, 2 open",
);
pub(super) const BREAKER_OPENINGS: Metric = Metric::counter(
    "portcullis_introspection_breaker_openings_total",
    "How often the circuit breaker of introspection has opened",
);
pub(super) const PERMISSIONS: Metric = Metric::counter(
    "portcullis_uma_permissions_total",
    "How often it was looked for what the server grants a token's bearer, by what came of it",
);
pub(super) const TICKETS: Metric = Metric::counter(
    "portcullis_uma_tickets_total",
    "How often permission tickets were asked for, by what came of it",
);
pub(super) const KEY_FETCHES: Metric = Metric::counter(
    "portcullis_jwks_fetches_total",
    "Fetches of the issuer's keys, by their outcome",
);
pub(super) const KEYS_FETCHED: Metric = Metric::gauge(
    "portcullis_jwks_fetched_timestamp_seconds",
    Some(Unit::Seconds),
    "When the last fetch of keys that succeeded began, as Unix time",
);
pub(super) const USABLE_KEYS: Metric = Metric::gauge(
    "portcullis_jwks_usable_keys",
    Some(Unit::Count),
    "How many keys of the issuer can be used",
);
pub(super) const SIGNATURES: Metric = Metric::counter(
    "portcullis_jwt_signatures_total",
    "Signatures of tokens that were looked at, by whether they were good; a token that is remembered needs no second look",
);
pub(super) const READINESS: Metric = Metric::gauge(
    "portcullis_readiness",
    None,
    "The readiness that was last reported: 0 not ready, 1 degraded, 2 ready",
);

pub(super) const STANDINGS: Metric = Metric::counter(
    "portcullis_revocation_standings_total",
    "Tokens that something was known against, by what became of them",
);
pub(super) const COVERAGE: Metric = Metric::counter(
    "portcullis_revocation_coverage_total",
    "Good tokens, by whether notices tell of the end of their sessions",
);
pub(super) const NOTICES: Metric = Metric::counter(
    "portcullis_revocation_notices_total",
    "Notices that were received, by what became of them",
);
pub(super) const FEED_IGNORED: Metric = Metric::counter(
    "portcullis_revocation_feed_ignored_total",
    "Entries of the feed between instances that changed nothing, by the reason",
);
pub(super) const CUT_OFF_POLLS: Metric = Metric::counter(
    "portcullis_revocation_cut_off_polls_total",
    "How often the issuer was asked for its cut-off (not-before), by what came of it",
);
pub(super) const SILENT_ENDS: Metric = Metric::counter(
    "portcullis_revocation_feed_silent_ends_total",
    "Tokens that were found inactive though a notice should have told before",
);
pub(super) const EVICTIONS: Metric = Metric::counter(
    "portcullis_revocation_evictions_total",
    "Entries that had to go before their end because there was no room",
);
pub(super) const ENTRIES: Metric = Metric::gauge(
    "portcullis_revocation_entries",
    Some(Unit::Count),
    "How many entries are kept of what is over, those that may go included",
);
pub(super) const COMPLETE_SINCE: Metric = Metric::gauge(
    "portcullis_revocation_complete_since_timestamp_seconds",
    Some(Unit::Seconds),
    "Since when no news was missed, as Unix time",
);
pub(super) const RECHECKS: Metric = Metric::counter(
    "portcullis_rechecks_total",
    "How often tokens in use were asked about, by what came of it",
);
pub(super) const OVERDUE: Metric = Metric::gauge(
    "portcullis_recheck_overdue_seconds",
    Some(Unit::Seconds),
    "By how much the token that was served last is overdue to be asked about",
);
pub(super) const SHARED_FACTS: Metric = Metric::counter(
    "portcullis_shared_facts_total",
    "Tokens that were looked for among the facts that instances share, by what was found",
);

pub(super) const STATUS_LOOKUPS: Metric = Metric::counter(
    "portcullis_status_list_lookups_total",
    "Good tokens that name a status list, by what it says of them",
);
pub(super) const STATUS_FETCHES: Metric = Metric::counter(
    "portcullis_status_list_fetches_total",
    "Fetches of status lists, by their outcome",
);
pub(super) const STATUS_BYTES: Metric = Metric::gauge(
    "portcullis_status_list_bytes",
    Some(Unit::Bytes),
    "How long the status lists are that are kept, unpacked",
);
pub(super) const STATUS_EVICTIONS: Metric = Metric::counter(
    "portcullis_status_list_evictions_total",
    "Status lists that had to make room for others",
);

const ALL: &[Metric] = &[
    REQUESTS,
    REJECTIONS,
    CACHE_LOOKUPS,
    BOARDINGS,
    CALLS,
    CALL_SECONDS,
    RETRIES,
    BREAKER_STATE,
    BREAKER_OPENINGS,
    PERMISSIONS,
    TICKETS,
    KEY_FETCHES,
    KEYS_FETCHED,
    USABLE_KEYS,
    SIGNATURES,
    READINESS,
    STANDINGS,
    COVERAGE,
    NOTICES,
    FEED_IGNORED,
    CUT_OFF_POLLS,
    SILENT_ENDS,
    EVICTIONS,
    ENTRIES,
    COMPLETE_SINCE,
    RECHECKS,
    OVERDUE,
    SHARED_FACTS,
    STATUS_LOOKUPS,
    STATUS_FETCHES,
    STATUS_BYTES,
    STATUS_EVICTIONS,
];

impl Metric {
    const fn counter(name: &'static str, description: &'static str) -> Self {
        Self {
            name,
            kind: Kind::Counter,
            unit: Some(Unit::Count),
            description,
        }
    }

    const fn gauge(name: &'static str, unit: Option<Unit>, description: &'static str) -> Self {
        Self {
            name,
            kind: Kind::Gauge,
            unit,
            description,
        }
    }

    fn describe(self, recorder: &dyn Recorder) {
        let name = KeyName::from_const_str(self.name);
        let description = SharedString::const_str(self.description);
        match self.kind {
            Kind::Counter => recorder.describe_counter(name, self.unit, description),
            Kind::Gauge => recorder.describe_gauge(name, self.unit, description),
            Kind::Histogram => recorder.describe_histogram(name, self.unit, description),
        }
    }
}

/// Tells the installed recorder what each metric means and its unit. Call it once, after the
/// recorder was installed; without a recorder it does nothing.
pub fn describe() {
    metrics::with_recorder(|recorder| {
        for metric in ALL {
            metric.describe(recorder);
        }
    });
}
