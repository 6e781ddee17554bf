//! Two statements about one token: the JWT, and what the server says of it.

use std::sync::Arc;

use crate::{Reason, Rejection, TokenFacts, claims::RegisteredClaims};

/// Holds the server's statement against the JWT: identity must agree where both have it. Both
/// are judged from then on; authority is what the server says today.
pub(in crate::verify) fn hold_against(
    live: &TokenFacts,
    local: Arc<TokenFacts>,
) -> Result<Arc<TokenFacts>, Rejection> {
    if let Some(name) = disagreement(live.registered(), local.registered()) {
        tracing::warn!(
            target: "portcullis::hybrid",
            claim = name,
            "a JWT and its introspection contradict each other; the token is refused"
        );
        return Err(Rejection::because(
            Reason::StatementsDisagree,
            format!("JWT and introspection differ in `{name}`"),
        ));
    }
    live.beside(local)
        .map(Arc::new)
        .map_err(|error| Rejection::because(Reason::IssuerAnswerMalformed, error.to_string()))
}

/// The first claim of identity in which the server's statement differs from the JWT.
pub(in crate::verify) fn disagreement(
    live: &RegisteredClaims,
    local: &RegisteredClaims,
) -> Option<&'static str> {
    let differ = |one: Option<&str>, other: Option<&str>| match (one, other) {
        (Some(one), Some(other)) => one != other,
        _ => false,
    };
    // Whichever name the server has for the client, it is the client the JWT was issued to.
    let party = local.authorized_party();
    let issued = live.iat.zip(local.iat);
    [
        ("iss", differ(live.iss.as_deref(), local.iss.as_deref())),
        ("sub", differ(live.sub.as_deref(), local.sub.as_deref())),
        ("azp", differ(live.azp.as_deref(), party)),
        ("client_id", differ(live.client_id.as_deref(), party)),
        ("jti", differ(live.jti.as_deref(), local.jti.as_deref())),
        ("sid", differ(live.sid.as_deref(), local.sid.as_deref())),
        (
            "cnf",
            live.cnf.is_some() && local.cnf.is_some() && live.cnf != local.cnf,
        ),
        (
            "act",
            !live.act.is_empty() && !local.act.is_empty() && live.act != local.act,
        ),
        ("typ", differ(live.typ.as_deref(), local.typ.as_deref())),
        (
            "iat",
            issued.is_some_and(|(live, local)| live.as_seconds() != local.as_seconds()),
        ),
    ]
    .into_iter()
    .find_map(|(name, differs)| differs.then_some(name))
}
