use serde::Deserialize;
use serde_json::Value;

use crate::TokenFacts;

/// The claims by which Keycloak says what a user may do.
#[derive(Deserialize)]
struct Authority {
    realm_access: Option<Value>,
    resource_access: Option<Value>,
}

/// Whether this is one of Keycloak's lightweight tokens, which say nothing of their user: told by
/// what is missing. The prefix of `jti` says the same and is an implementation's detail.
pub(super) fn is_lightweight(facts: &TokenFacts) -> bool {
    facts.registered().sub.is_none()
        && facts.claims::<Authority>().is_ok_and(|authority| {
            authority.realm_access.is_none() && authority.resource_access.is_none()
        })
}
