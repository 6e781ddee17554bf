use super::{
    audience_rule::Tried,
    judged::Judged,
    stopped::{audiences, client},
};
use crate::{
    doctor::{finding::Finding, settings::Settings},
    token::Token,
};

const ID: &str = "audience";

/// For whom tokens have to be, and what Keycloak makes of that.
pub(crate) fn check(
    settings: &Settings,
    can_ask: bool,
    judged: Option<&Judged>,
    rule: Option<Tried>,
) -> Finding {
    let ours = settings.audiences.join(", ");
    if ours.is_empty() {
        let what = "no audience was named, so which service a token is for is not judged";
        return Finding::notable(ID, "no_audience", what).cure(
            "name that of the service: --audience NAME; a service has to, by `.audience(..)`",
        );
    }
    let asking = settings.client.as_ref().filter(|_| can_ask);
    let (Some(asker), Some(realm)) = (asking, &settings.realm) else {
        return Finding::good(ID, format!("tokens have to name {ours} in `aud`"));
    };
    let asker = asker.id.as_str();
    if let Some(Tried {
        is_in_force: false,
        how,
    }) = rule
    {
        let what = format!(
            "tokens have to name {ours} in `aud`; the server answers {asker} about one that does not name it, {how}"
        );
        return Finding::good(ID, what);
    }
    let tried = rule.map_or_else(String::new, |rule| format!(", {}", rule.how));
    let token = settings
        .token
        .as_ref()
        .and_then(|shown| shown.read.as_ref());
    let claims = token.and_then(Token::claims);
    let names_asker = claims.is_some_and(|claims| audiences(claims).contains(&asker));
    if names_asker || settings.audiences.iter().any(|audience| audience == asker) {
        let this_one = if names_asker && judged.is_some_and(Judged::is_active) {
            "; it answers about the one that is shown, which does"
        } else {
            ""
        };
        let what = format!(
            "tokens have to name {ours} in `aud`, and for Keycloak also who asks about them, {asker}{tried}{this_one}"
        );
        return Finding::good(ID, what);
    }
    let what = format!(
        "tokens have to name {ours} in `aud`, and Keycloak (26.4.12, 26.6.2, 26.7.0 and later) calls a token inactive that does not name who asks, {asker}{tried}"
    );
    // Others may have written what nobody vouches for.
    let signed = claims.filter(|_| judged.is_some_and(Judged::is_signed));
    let front_end = signed.and_then(client);
    let front_end = front_end.unwrap_or("THE-CLIENT-THAT-USERS-LOG-IN-WITH");
    Finding::notable(ID, "asks_as_other_client", what)
        .cure(format!(
            "ask as the client {ours} itself, or have tokens name {asker} too:"
        ))
        .cures(realm.audience_mapper(front_end, asker))
}
