use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use http::StatusCode;
use portcullis::{Algorithm, ConnectError, KeySet, PublishedKey, SkippedKey};

use super::server::Server;
use crate::doctor::{finding::Finding, settings::Settings, witness::Exchange};

/// Each published key, and what all of them are good for.
pub(crate) fn check(settings: &Settings, server: &Server) -> Vec<Finding> {
    let allowed = settings.algorithms();
    let sets = server.seen.iter().filter_map(|seen| key_set(seen, allowed));
    let Some((fetched, set)) = sets.last() else {
        let what = "the library has keys, and no answer with a key set was seen";
        return vec![Finding::notable("keys", "no_key_set", what)];
    };
    let what = format!(
        "{} of {} keys can be used",
        set.usable_keys(),
        set.keys().count()
    );
    let mut findings = vec![Finding::good("keys", what).took(fetched.took)];
    findings.extend(set.keys().map(key));
    let began = Instant::now();
    findings.push(algorithms(&set).took(began.elapsed()));
    findings
}

fn key_set<'a>(exchange: &'a Exchange, allowed: &[Algorithm]) -> Option<(&'a Exchange, KeySet)> {
    if exchange.is_of_metadata() || exchange.status() != Some(StatusCode::OK) {
        return None;
    }
    let set = KeySet::parse(exchange.answer()?.body(), allowed).ok()?;
    Some((exchange, set))
}

fn key(key: PublishedKey<'_>) -> Finding {
    const ID: &str = "key";
    let name = key
        .kid()
        .map_or_else(|| "a key without id".to_owned(), str::to_owned);
    let algorithms: Vec<_> = key.algorithms().map(Algorithm::name).collect();
    if key.is_private() {
        let what = format!(
            "{name}: published with its PRIVATE part: whoever reads the set can sign tokens"
        );
        return Finding::wrong(ID, "private_key_published", what)
            .cure("have the server make a new key and withdraw this one at once");
    }
    match key.skipped() {
        None => Finding::good(ID, format!("{name}: {}", algorithms.join(", "))),
        Some(why @ SkippedKey::NotForSignatures) => {
            Finding::good(ID, format!("{name}: skipped, as it should be: {why}"))
        }
        Some(why) => Finding::notable(ID, "key_skipped", format!("{name}: skipped: {why}"))
            .cure("tokens that it has signed are refused; have the server sign with another"),
    }
}

fn algorithms(set: &KeySet) -> Finding {
    const ID: &str = "algorithms";
    let names: BTreeSet<_> = set
        .keys()
        .flat_map(PublishedKey::algorithms)
        .map(Algorithm::name)
        .collect();
    if names.is_empty() {
        return Finding::wrong(ID, "no_usable_key", "no published key can verify a token")
            .cure("have the server sign with RS256, PS256, ES256 or EdDSA");
    }
    let names: Vec<_> = names.into_iter().collect();
    Finding::good(
        ID,
        format!("tokens under {} can be verified", names.join(", ")),
    )
}

/// The keys could not be had.
pub(super) fn none(error: &ConnectError, seen: &[Exchange]) -> Finding {
    let took = seen.last().map_or(Duration::ZERO, |last| last.took);
    let is_in_trouble = error
        .status()
        .is_some_and(|status| status.is_server_error());
    let finding = if error.http_error().is_some() || is_in_trouble {
        Finding::unknown("keys", "keys_unreachable", error.to_string())
    } else {
        Finding::wrong("keys", "keys_unusable", error.to_string())
    };
    finding
        .took(took)
        .cure("see whether `jwks_uri` of the metadata can be reached from here; where it cannot, name another by `jwks_uri(..)`")
}
