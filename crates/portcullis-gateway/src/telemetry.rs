//! What is counted, beside what [`portcullis::telemetry`] counts:
//!
//! | metric | labels | |
//! |---|---|---|
//! | `portcullis_gateway_answers_total` | `outcome` | questions of gateways, and connections of whoever is no trusted peer: `allowed` by a token, `public`, `refused` for a token or the lack of one, `unavailable` (503), `misconfigured` (500), `denied` whatever the token |
//! | `portcullis_gateway_denials_total` | `reason` | the denied ones: `untrusted_peer`, `header_missing`, `header_repeated`, `bad_method`, `bad_header`, `bad_certificate`, `other_host`, `no_rule`, `equal_rank`, `other_case`, and `path_…` for each [`PathRefusal`](crate::PathRefusal) |
//! | `portcullis_gateway_reloads_total` | `outcome` | files of rules that were read again: `loaded`, `refused` (the rules before it stay) |
//! | `portcullis_gateway_rules` | | how many rules there are |
//! | `portcullis_gateway_rules_loaded_timestamp_seconds` | | Unix time since when |
//!
//! No label depends on what a client sends, but for which of these words it is.

use std::{borrow::Cow, time::SystemTime};

use http::StatusCode;
use metrics::{counter, gauge};

use crate::{forwarded::AskedRefusal, gate::Policy, rules::RuleRefusal};

const ANSWERS: &str = "portcullis_gateway_answers_total";
const DENIALS: &str = "portcullis_gateway_denials_total";
const RELOADS: &str = "portcullis_gateway_reloads_total";

/// Why a request is denied before any token is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denial {
    UntrustedPeer,
    Asked(AskedRefusal),
    Rule(RuleRefusal),
}

impl Denial {
    /// Whether it is for the gateway, and not for the request that it asks about.
    pub(crate) fn is_of_gateway(self) -> bool {
        matches!(
            self,
            Self::UntrustedPeer
                | Self::Asked(AskedRefusal::HeaderMissing | AskedRefusal::HeaderRepeated)
        )
    }

    pub(crate) fn code(self) -> Cow<'static, str> {
        match self {
            Self::UntrustedPeer => "untrusted_peer".into(),
            Self::Asked(refusal) => refusal.to_string().into(),
            Self::Rule(refusal) => refusal.to_string().into(),
        }
    }
}

/// Counters begin at 0, so that the first event of a kind is an increase.
pub(crate) fn begin() {
    for outcome in [
        "allowed",
        "public",
        "refused",
        "unavailable",
        "misconfigured",
        "denied",
    ] {
        counter!(ANSWERS, "outcome" => outcome).increment(0);
    }
    for outcome in ["loaded", "refused"] {
        counter!(RELOADS, "outcome" => outcome).increment(0);
    }
}

pub(crate) fn public() {
    counter!(ANSWERS, "outcome" => "public").increment(1);
}

pub(crate) fn judged(status: StatusCode) {
    let outcome = match status {
        status if status.is_success() => "allowed",
        StatusCode::SERVICE_UNAVAILABLE => "unavailable",
        status if status.is_server_error() => "misconfigured",
        _ => "refused",
    };
    counter!(ANSWERS, "outcome" => outcome).increment(1);
}

pub(crate) fn denied(denial: Denial) {
    let reason = denial.code();
    tracing::debug!(target: "portcullis_gateway::denial", %reason, "denied");
    counter!(ANSWERS, "outcome" => "denied").increment(1);
    counter!(DENIALS, "reason" => reason).increment(1);
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
pub(crate) fn loaded(policy: &Policy) {
    gauge!("portcullis_gateway_rules").set(policy.rules.len() as f64);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    gauge!("portcullis_gateway_rules_loaded_timestamp_seconds")
        .set(now.unwrap_or_default().as_secs_f64());
}

pub(crate) fn reloaded(is_loaded: bool) {
    let outcome = if is_loaded { "loaded" } else { "refused" };
    counter!(RELOADS, "outcome" => outcome).increment(1);
}
