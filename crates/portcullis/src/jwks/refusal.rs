//! Why there is no key for a token.

use std::time::Duration;

use super::KeyQuery;
use crate::{Reason, Rejection, http_client::FetchError};

pub(super) fn unknown_key(query: &KeyQuery) -> Rejection {
    let algorithm = query.algorithm;
    let diagnosis = match &query.kid {
        Some(kid) => format!(
            "the issuer has no {algorithm} key with the id {:?}",
            shortened(kid)
        ),
        None => format!("the token names no key, and the issuer has no {algorithm} key"),
    };
    Rejection::because(Reason::UnknownKey, diagnosis)
}

pub(super) fn unusable_key(query: &KeyQuery) -> Rejection {
    let algorithm = query.algorithm;
    let diagnosis = "the key that the token names is not for signatures with";
    Rejection::because(Reason::UnknownKey, format!("{diagnosis} {algorithm}"))
}

pub(super) fn keys_unavailable(error: &FetchError) -> Rejection {
    Rejection::because(
        Reason::KeysUnavailable,
        format!("the issuer's keys could not be fetched: {error}"),
    )
}

pub(super) fn too_early(wait: Duration) -> Rejection {
    Rejection::because(
        Reason::KeyPending,
        "the token's key is not known and the key set is older than the token; the next fetch will tell",
    )
    .with_retry_after(wait)
}

pub(super) fn too_many(wait: Duration) -> Rejection {
    Rejection::because(
        Reason::KeyPending,
        "too many tokens wait for the issuer's keys already",
    )
    .with_retry_after(wait)
}

/// A key id is the client's text: enough of it to recognise, not enough to fill a log.
fn shortened(kid: &str) -> String {
    kid.chars().take(64).collect()
}
