//! Why the server refuses a token, in the terms of whoever can mend it.

use portcullis::{Reason, Rejection};

use super::{
    stopped::{audiences, client},
    verdict::Here,
};
use crate::doctor::{
    finding::Finding,
    settings::{Settings, ShownToken},
};

const ID: &str = "verdicts";

/// The server refuses the token; `sides` tells both verdicts.
pub(super) fn explain(
    settings: &Settings,
    shown: &ShownToken,
    here: &Here,
    refused: &Rejection,
    sides: String,
) -> Finding {
    let mapper = audience_rule(settings, shown, refused.reason());
    match (here, mapper) {
        (Here::Refused(_), mapper) => {
            let finding = Finding::notable(ID, "both_refuse_it", sides);
            match mapper {
                Some(_) => finding.cure(
                    "Keycloak calls a token inactive that does not name who asks: one audience mapper mends both",
                ),
                None => finding,
            }
        }
        (_, Some((asker, mapper))) => {
            let what = format!(
                "{sides}: Keycloak (26.4.12, 26.6.2, 26.7.0 and later) calls a token inactive that does not name who asks, {asker}"
            );
            Finding::wrong(ID, "audience_rule", what).cures(mapper)
        }
        (_, None) if refused.reason() == Reason::Inactive => inactive(settings, here, &sides),
        (_, None) => {
            let (code, diagnosis) = (refused.reason().code(), refused.diagnosis());
            let what = format!("{sides}: {}", diagnosis.explanation());
            Finding::wrong(ID, code, what).cure(diagnosis.cure())
        }
    }
}

/// Who asks, and how tokens come to name it, where Keycloak's audience rule is why a token is called
/// inactive.
fn audience_rule<'a>(
    settings: &'a Settings,
    shown: &ShownToken,
    reason: Reason,
) -> Option<(&'a str, Vec<String>)> {
    let (realm, asker) = (settings.realm.as_ref()?, settings.client.as_ref()?);
    let claims = shown.read.as_ref()?.claims()?;
    if reason != Reason::Inactive || audiences(claims).contains(&asker.id.as_str()) {
        return None;
    }
    let client = client(claims).unwrap_or("the client that it was issued to");
    Some((&asker.id, realm.audience_mapper(client, &asker.id)))
}

fn inactive(settings: &Settings, here: &Here, sides: &str) -> Finding {
    let what = match here {
        Here::Unreadable => "it has ended, is not of this issuer, or does not name who asks",
        Here::Good | Here::Refused(_) => "its signature is good, and it has ended",
    };
    let finding = Finding::wrong(ID, "inactive", format!("{sides}: {what}")).cure(
        "its session was ended or has expired, it was revoked, its user or client was switched off, or it is from before the cut-off: log in again",
    );
    match (&settings.realm, here) {
        (Some(_), Here::Unreadable) => finding.cure(
            "Keycloak also calls a token inactive that does not name who asks (audience mapper)",
        ),
        _ => finding,
    }
}
