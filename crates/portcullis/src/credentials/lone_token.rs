use super::AccessToken;
use crate::{Reason, Rejection};

/// The longest token that is looked at, in bytes, where the place sets no limit of its own.
const MAX_LENGTH: usize = 16 * 1024;

/// The one token of a place that can hold several; `None` where it holds none. An empty one, and more
/// than one, are malformed credentials (RFC 6750 §3.1).
pub(super) fn lone_token<T: AsRef<[u8]>>(
    place: &str,
    mut found: impl Iterator<Item = T>,
) -> Result<Option<AccessToken>, Rejection> {
    let Some(token) = found.next() else {
        return Ok(None);
    };
    let token = token.as_ref();
    if token.is_empty() || found.next().is_some() {
        return Err(Rejection::because(
            Reason::MalformedCredentials,
            format!("the token of the {place} is empty, or there are several"),
        ));
    }
    if token.len() > MAX_LENGTH {
        let diagnosis = format!("the token of the {place} is longer than 16 KiB");
        return Err(Rejection::because(Reason::MalformedToken, diagnosis));
    }
    AccessToken::of(token)
        .map(Some)
        .map_err(|error| Rejection::because(Reason::MalformedToken, error.to_string()))
}
