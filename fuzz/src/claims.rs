//! Claims (RFC 7519 §4, RFC 9068 §2.2) of tokens that are really signed.

use portcullis::VerifiedToken;

use crate::{
    Outcome,
    json::Json,
    reading::{are_good_claims, numeric_date},
    service::{token_header, verdict_once_signed},
    signer::{Signer, unsigned},
};

/// Lets in a token with these claims, or not.
pub fn run(data: &[u8]) -> Outcome {
    if data.is_empty() || data.len() > 10_000 {
        return Outcome::Refused;
    }
    let header = token_header();
    let token = unsigned(&header, data);
    let verdict = verdict_once_signed(&token, || Signer::issuer().sign(&header, data));
    let claims = Json::read_object(data).filter(are_good_claims);
    assert_eq!(verdict.is_ok(), claims.is_some(), "{:?}", verdict.err());
    let (Ok(token), Some(claims)) = (verdict, claims) else {
        return Outcome::Refused;
    };
    says_the_same(&token, &claims);
    Outcome::Accepted
}

/// What handlers are told is what the token says.
fn says_the_same(token: &VerifiedToken, claims: &Json) {
    let facts = token.facts();
    let told = facts.registered();
    let text = |name| claims.get(name).and_then(Json::text);
    assert_eq!(told.sub.as_deref(), text("sub"));
    assert_eq!(told.client_id.as_deref(), text("client_id"));
    assert_eq!(told.azp.as_deref(), text("azp"));
    assert_eq!(told.jti.as_deref(), text("jti"));
    assert_eq!(told.sid.as_deref(), text("sid"));
    let scopes = text("scope").unwrap_or_default().split(' ');
    let scopes = scopes.filter(|scope| !scope.is_empty());
    for scope in told.scope.iter() {
        assert!(scopes.clone().any(|said| said == scope), "{scope}");
    }
    let exp = claims.get("exp").and_then(numeric_date).unwrap();
    let told = told.exp.unwrap().as_milliseconds();
    assert_eq!(told, (exp * 1000.0).round() as i64);
    if let Ok(value) = token.claims::<serde_json::Value>() {
        assert_eq!(value.get("sub").and_then(|sub| sub.as_str()), text("sub"));
    }
}
