use serde::Deserialize;
use serde_json::value::RawValue;

/// Where the status of a token is found (`status`, draft-ietf-oauth-status-list §6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TokenStatus {
    /// At this place of the list with this address.
    Listed { index: u64, uri: Box<str> },
    /// In a way that is not understood, so that it cannot be known.
    NotUnderstood,
}

#[derive(Deserialize)]
struct Mechanisms {
    status_list: Reference,
}

#[derive(Deserialize)]
struct Reference {
    idx: u64,
    uri: Box<str>,
}

impl TokenStatus {
    pub(super) fn parse(json: &RawValue) -> Self {
        match serde_json::from_str(json.get()) {
            Ok(Mechanisms {
                status_list: Reference { idx, uri },
            }) => Self::Listed { index: idx, uri },
            Err(_) => Self::NotUnderstood,
        }
    }
}
