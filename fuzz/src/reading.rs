//! The second reading of what tokens say (RFC 7519 §4.1, RFC 9068 §4, RFC 7662 §2.2).

use crate::{
    json::Json,
    service::{AUDIENCE, ISSUER, LEEWAY, NOW},
    signer::KEY_ID,
};

const NOW_SECONDS: f64 = NOW as f64;
/// The last second of the year 9999.
const LAST_SECOND: f64 = 253_402_300_799.0;

/// Whether this is the header of a JWT of the issuer with this `typ`, given in lower case.
pub(crate) fn is_good_header(header: &[u8], typ: &str) -> bool {
    let Some(header) = Json::read_object(header) else {
        return false;
    };
    let has_type = header.get("typ").and_then(Json::text).is_some_and(|own| {
        let own = own.to_ascii_lowercase();
        own.strip_prefix("application/").unwrap_or(&own) == typ
    });
    let is_ours = match header.get("kid") {
        None => true,
        Some(kid) => kid.text() == Some(KEY_ID),
    };
    let is_plain = match header.get("cty") {
        None => true,
        Some(cty) => cty
            .text()
            .is_some_and(|cty| !cty.eq_ignore_ascii_case("jwt")),
    };
    let alg = header.get("alg").and_then(Json::text);
    has_type
        && is_ours
        && is_plain
        && matches!(alg, Some("EdDSA" | "Ed25519"))
        && header.get("crit").is_none()
        && matches!(header.get("b64"), None | Some(Json::Bool(true)))
}

/// Whether these are the claims of an access token for the service, by RFC 9068.
pub(crate) fn are_good_claims(claims: &Json) -> bool {
    let has_text = |name| claims.get(name).and_then(Json::text).is_some();
    ["sub", "client_id", "jti"].into_iter().all(has_text)
        && ["iss", "aud", "exp", "iat"]
            .into_iter()
            .all(|name| claims.get(name).is_some())
        && are_good_where_present(claims)
}

/// The same of an answer about a token, which may leave things out.
pub(crate) fn is_good_answer(answer: &Json) -> bool {
    answer.get("active") == Some(&Json::Bool(true))
        && answer.get("aud").is_some()
        && are_good_where_present(answer)
}

fn are_good_where_present(claims: &Json) -> bool {
    let holds = |name: &str, test: &dyn Fn(&Json) -> bool| claims.get(name).is_none_or(test);
    let is_text = |name| holds(name, &|value| value.text().is_some());
    let is_kind = |name, kinds: &[&str]| holds(name, &|value| is_one_of(value.text(), kinds));
    let is_date = |name, test: &dyn Fn(f64) -> bool| {
        holds(name, &|value| numeric_date(value).is_some_and(test))
    };
    is_date("exp", &|exp| exp > NOW_SECONDS - LEEWAY)
        && is_date("nbf", &|nbf| nbf <= NOW_SECONDS + LEEWAY)
        && is_date("iat", &|iat| iat <= NOW_SECONDS + LEEWAY)
        && holds("iss", &|iss| iss.text() == Some(ISSUER))
        && holds("aud", &|aud| aud.names(AUDIENCE))
        && holds("sub", &|sub| sub.text().is_some_and(|sub| !sub.is_empty()))
        && ["client_id", "azp", "jti", "sid"].into_iter().all(is_text)
        // One of the kind `DPoP` is of no use without a key.
        && is_kind("typ", &["bearer"])
        && is_kind("token_type", &["bearer"])
        && is_kind("token_use", &["access_token"])
        && claims.get("cnf").is_none()
        && holds("act", &|act| is_chain(act, 16))
        && holds("events", &|events| !events.is_object())
}

/// Whether it names nobody but actors, one behind the other (RFC 8693 §4.1).
pub(crate) fn is_chain(act: &Json, longest: usize) -> bool {
    let names = ["iss", "sub", "client_id"];
    act.is_object()
        && longest > 0
        && names
            .into_iter()
            .all(|name| act.get(name).is_none_or(|value| value.text().is_some()))
        && act
            .get("act")
            .is_none_or(|before| is_chain(before, longest - 1))
}

fn is_one_of(kind: Option<&str>, kinds: &[&str]) -> bool {
    kind.is_some_and(|kind| kinds.iter().any(|own| own.eq_ignore_ascii_case(kind)))
}

/// A date as the library promises to read it: to the millisecond, from 1970 to 9999.
pub(crate) fn numeric_date(value: &Json) -> Option<f64> {
    let date = value.number()?;
    ((0.0..=LAST_SECOND).contains(&date)).then(|| (date * 1000.0).floor() / 1000.0)
}
