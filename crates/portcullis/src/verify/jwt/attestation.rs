//! Whether a token that is refused is its issuer's all the same.

use super::verifier::Rules;
use crate::{
    claims::Members,
    jwks::{KeySet, Keys},
    jws::Jws,
};

/// Whether the issuer has signed a token, by the keys that are here: for a development mode, which
/// tells of no other token why it is refused.
///
/// Nothing is fetched for it and nobody waits, since it is asked about tokens that are refused before
/// anything may be. A token in the name of another issuer is not this one's, whoever has signed it.
pub(super) fn is_attested(token: &str, rules: &Rules, keys: &Keys) -> bool {
    let Ok(jws) = Jws::parse(token, &rules.algorithms) else {
        return false;
    };
    let is_signed = |keys: &KeySet| jws.is_signed_by(keys, &jws.key_query(None));
    names_issuer(&jws, rules) && keys.at_hand().is_some_and(|keys| is_signed(&keys))
}

fn names_issuer(jws: &Jws<'_>, rules: &Rules) -> bool {
    let Ok(members) = Members::parse(jws.payload()) else {
        return false;
    };
    let iss = members.get("iss");
    let iss: Option<String> = iss.and_then(|iss| serde_json::from_str(iss.get()).ok());
    iss.is_some() && iss.as_deref() == rules.expectations.issuer.as_deref()
}
