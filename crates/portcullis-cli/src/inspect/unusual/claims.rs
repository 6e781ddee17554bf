use std::time::Duration;

use super::Remarks;
use crate::{
    moment::length,
    token::{Json, Remark},
};

/// Sessions that end within this time are nobody's surprise.
const LONG: Duration = Duration::from_secs(3600);
/// What clocks may differ by, in seconds.
const LEEWAY: f64 = 30.0;

/// Of what a JWT says, at a moment in seconds since the Unix epoch.
pub(super) fn of(claims: &Json, now: f64, remarks: &mut Remarks) {
    times(claims, now, remarks);
    names(claims, remarks);
}

fn times(claims: &Json, now: f64, remarks: &mut Remarks) {
    let (iat, exp) = (claims.seconds("iat"), claims.seconds("exp"));
    for name in ["exp", "nbf", "iat"] {
        if claims.get(name).is_some() && claims.seconds(name).is_none() {
            let what = format!("its `{name}` is no number");
            remarks.push(Remark::new("no_date", what));
        }
    }
    match exp {
        None if claims.get("exp").is_none() => {
            remarks.push(Remark::new(
                "no_exp",
                "it has no end (`exp`), so it is refused",
            ));
        }
        Some(exp) if exp <= now => {
            remarks.push(Remark::new("expired", "it has expired"));
        }
        _ => {}
    }
    if let (Some(iat), Some(exp)) = (iat, exp)
        && exp - iat > LONG.as_secs_f64()
    {
        let life = length(exp - iat).unwrap_or_else(|| "very long".to_owned());
        let what = format!(
            "it lives for {life}: verified locally, it outlives the end of its session for so long"
        );
        remarks.push(Remark::new("long_life", what));
    }
    if iat.is_some_and(|iat| iat > now + LEEWAY) {
        let what = "it was issued in the future (`iat`): two clocks differ";
        remarks.push(Remark::new("issued_in_future", what));
    }
    if claims.seconds("nbf").is_some_and(|nbf| nbf > now + LEEWAY) {
        remarks.push(Remark::new("not_yet_valid", "it is not valid yet (`nbf`)"));
    }
}

fn names(claims: &Json, remarks: &mut Remarks) {
    match claims.get("aud") {
        None => remarks.push(Remark::new(
            "no_aud",
            "it is for no service in particular (`aud`): where it is Keycloak's, an audience mapper is missing",
        )),
        Some(Json::List(several)) if several.len() > 1 => {
            let what = format!("it is for {} services (`aud`): each of them can use it at the others", several.len());
            remarks.push(Remark::new("several_aud", what));
        }
        Some(_) => {}
    }
    let is_keycloak = claims.text("typ") == Some("Bearer");
    let says_nothing = ["sub", "realm_access", "resource_access"];
    let is_bare = says_nothing.iter().all(|name| claims.get(name).is_none());
    if is_keycloak && is_bare {
        let what = "it is a lightweight token: it says neither whose it is nor what he may do; introspection tells";
        remarks.push(Remark::new("lightweight", what));
    }
    if claims.get("cnf").is_some() {
        let what = "it is bound to a key or a certificate (`cnf`): without proof of that nobody can use it";
        remarks.push(Remark::new("bound", what));
    }
    if claims.get("iss").is_none() {
        remarks.push(Remark::new(
            "no_iss",
            "it names no issuer (`iss`), so it is refused",
        ));
    }
}
