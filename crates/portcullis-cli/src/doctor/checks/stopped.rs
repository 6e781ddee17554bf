//! Why a rule refuses a token, in the terms of whoever can mend it.

use portcullis::{Reason, Rejection, Rule};

use super::issuer::Difference;
use crate::{
    doctor::{
        finding::Finding,
        settings::{Settings, ShownToken},
    },
    moment::{Moment, now},
    token::Json,
};

/// The rule that has refused the token, and what to do.
pub(super) fn explain(
    settings: &Settings,
    shown: &ShownToken,
    is_signed: bool,
    rejection: &Rejection,
    rule: Rule,
) -> Finding {
    let id = format!("token.{}", rule.code());
    let read = shown.read.as_ref();
    let claims = read.and_then(|token| token.claims());
    let header = read.and_then(|token| token.header());
    let known = match (rejection.reason(), claims) {
        (Reason::WrongAudience, Some(claims)) => Some(audience(settings, claims, is_signed)),
        (Reason::WrongIssuer, Some(claims)) => issuer(settings, claims),
        (Reason::Expired, Some(claims)) => Some(expired(claims)),
        (Reason::IssuedInFuture | Reason::NotYetValid, Some(claims)) => early(claims),
        (Reason::AlgorithmNotAllowed, claims) => algorithm(settings, header, claims),
        (Reason::NotAnAccessToken, Some(claims)) => kind(claims),
        _ => None,
    };
    match known {
        Some(Explained { cause, what, cure }) => Finding::wrong(id, cause, what).cures(cure),
        None => {
            let (reason, diagnosis) = (rejection.reason(), rejection.diagnosis());
            let what = format!("{} ({})", diagnosis.explanation(), diagnosis.detail());
            let finding = Finding::wrong(id, reason.code(), what).cure(diagnosis.cure());
            if matches!(rule, Rule::Kind | Rule::Claims) && settings.profile_is_assumed() {
                return finding.cure(
                    "it was held to RFC 9068; where this issuer's tokens look otherwise, say so: `profile(..)`, here --profile",
                );
            }
            finding
        }
    }
}

struct Explained {
    cause: &'static str,
    what: String,
    cure: Vec<String>,
}

/// The client that the token was issued to, by its own account.
pub(super) fn client(claims: &Json) -> Option<&str> {
    claims.text("azp").or_else(|| claims.text("client_id"))
}

/// The audiences that the token names.
pub(super) fn audiences(claims: &Json) -> Vec<&str> {
    match claims.get("aud") {
        Some(Json::List(many)) => many.iter().filter_map(Json::as_str).collect(),
        Some(one) => one.as_str().into_iter().collect(),
        None => Vec::new(),
    }
}

/// What Keycloak puts into `aud` by itself: its own account console.
const OF_KEYCLOAK_ITSELF: [&str; 2] = ["account", "realm-management"];

fn audience(settings: &Settings, claims: &Json, is_signed: bool) -> Explained {
    let ours = settings.audiences.join(", ");
    let client = client(claims).unwrap_or("the client that it was issued to");
    let named = audiences(claims);
    let others: Vec<_> = named
        .iter()
        .filter(|name| !OF_KEYCLOAK_ITSELF.contains(name))
        .copied()
        .collect();
    if !is_signed {
        return of_unknown_origin(&ours, &named);
    }
    let mapper = settings.realm.as_ref().zip(settings.audiences.first());
    let mapper = mapper.map_or_else(Vec::new, |(realm, ours)| {
        realm.audience_mapper(client, ours)
    });
    if others.is_empty() {
        let names = listed(&named);
        return Explained {
            cause: "missing_audience_mapper",
            what: format!(
                "it names {names} in `aud`, and not {ours}: the client {client} has no audience mapper for it"
            ),
            cure: mapper,
        };
    }
    let mut cure = vec![format!(
        "use a token that is meant for {ours}; or, if {client} shall call it, have its tokens name it:"
    )];
    cure.extend(mapper);
    Explained {
        cause: "token_of_another_client",
        what: format!(
            "it is for {} (`aud`), and not for {ours}: it was issued to the client {client} for another service",
            others.join(", ")
        ),
        cure,
    }
}

/// What is said of clients in a token that nobody vouches for leads to no cure: the line to copy would give
/// the audience to whatever client its author has chosen.
fn of_unknown_origin(ours: &str, named: &[&str]) -> Explained {
    let names = listed(named);
    Explained {
        cause: "wrong_audience",
        what: format!(
            "it names {names} in `aud`, and not {ours}, by its own account: its signature could not be verified"
        ),
        cure: vec![
            "see where it comes from: anybody can have written it, so nothing that it says of its client is gone by".to_owned(),
        ],
    }
}

fn listed(names: &[&str]) -> String {
    if names.is_empty() {
        "nobody".to_owned()
    } else {
        names.join(", ")
    }
}

fn issuer(settings: &Settings, claims: &Json) -> Option<Explained> {
    let found = claims.text("iss")?;
    let Difference { cause, what } = Difference::between(found, &settings.issuer);
    Some(Explained {
        cause,
        what: format!("it is from {found:?}, and {:?} is configured: {what}", settings.issuer),
        cure: vec![
            "Keycloak names itself as it was asked for the token: ask for tokens by the name that is configured, or set its `hostname`".to_owned(),
        ],
    })
}

/// A point in time that a claim tells, for a line.
fn told(claims: &Json, name: &str) -> Option<String> {
    let Moment { utc, relative, .. } = Moment::of(claims.seconds(name)?, now());
    Some(format!("{} ({})", utc?, relative?))
}

fn expired(claims: &Json) -> Explained {
    let end = told(claims, "exp").unwrap_or_else(|| "long ago".to_owned());
    Explained {
        cause: "token_expired",
        what: format!("it ended at {end}"),
        cure: vec![
            "get a new one: a client refreshes its token before it ends".to_owned(),
            "if it was issued just now, compare the clocks of both machines".to_owned(),
        ],
    }
}

fn early(claims: &Json) -> Option<Explained> {
    let latest = ["nbf", "iat"].into_iter().find_map(|name| {
        let is_ahead = claims.seconds(name)? > now();
        is_ahead.then(|| told(claims, name))?
    });
    Some(Explained {
        cause: "token_from_the_future",
        what: format!("it begins at {}", latest?),
        cure: vec!["have both machines keep their time by NTP".to_owned()],
    })
}

fn algorithm(
    settings: &Settings,
    header: Option<&Json>,
    claims: Option<&Json>,
) -> Option<Explained> {
    let algorithm = header?.text("alg")?;
    if algorithm == "none" {
        return Some(Explained {
            cause: "unsigned_token",
            what: "it is not signed (`alg` none): anybody can have written it".to_owned(),
            cure: vec!["see who issues such tokens; no server should".to_owned()],
        });
    }
    if !algorithm.starts_with("HS") {
        return None;
    }
    let client = claims.and_then(client);
    let cure = match (&settings.realm, client) {
        (Some(realm), Some(client)) => realm.signature_algorithm(client),
        _ => {
            vec!["have the server sign access tokens of this client with RS256 or ES256".to_owned()]
        }
    };
    Some(Explained {
        cause: "symmetric_algorithm",
        what: format!(
            "it is signed with a secret of the server's ({algorithm}), so that nobody else can verify it"
        ),
        cure,
    })
}

fn kind(claims: &Json) -> Option<Explained> {
    let (cause, what) = match claims.text("typ") {
        Some("ID") => (
            "id_token",
            "it is an ID token: it tells the client who has logged in, and is for no service",
        ),
        Some("Refresh" | "Offline") => (
            "refresh_token",
            "it is a refresh token, which is for the authorization server alone",
        ),
        Some("Logout") => (
            "logout_token",
            "it is a logout token, which goes to the back-channel logout URL",
        ),
        _ => return None,
    };
    Some(Explained {
        cause,
        what: what.to_owned(),
        cure: vec!["send the `access_token` of the token response".to_owned()],
    })
}
