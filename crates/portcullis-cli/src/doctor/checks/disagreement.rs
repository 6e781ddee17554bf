//! Why the server refuses a token, in the terms of whoever can mend it.

use portcullis::{Reason, Rejection};

use super::{
    judged::{Here, Judged, There},
    stopped::{audiences, client},
    userinfo::Standing,
};
use crate::{
    doctor::{
        finding::Finding,
        settings::{Settings, ShownToken},
    },
    keycloak::KeycloakRealm,
};

const ID: &str = "verdicts";

/// What else is wrong where a token is called inactive.
const ENDED: &str = "its session was ended or has expired, it was revoked, its user or client was switched off, or it is from before the cut-off: log in again";

/// The server refuses the token; `sides` tells both verdicts.
pub(super) fn explain(
    settings: &Settings,
    shown: &ShownToken,
    judged: &Judged,
    refused: &Rejection,
    sides: String,
) -> Finding {
    let is_inactive = refused.reason() == Reason::Inactive;
    let unnamed = unnamed_asker(settings, shown).filter(|_| is_inactive);
    match (&judged.here, unnamed) {
        (Here::Refused { is_signed, .. }, unnamed) => {
            let finding = Finding::notable(ID, "both_refuse_it", sides);
            match unnamed {
                Some(UnnamedAsker { asker, .. }) if *is_signed => finding.cure(format!(
                    "Keycloak also calls a token inactive that does not name who asks, {asker}: an audience mapper mends that"
                )),
                _ => finding,
            }
        }
        (Here::Good | Here::Bound, Some(unnamed)) => audience_rule(judged, &unnamed, &sides),
        _ if is_inactive => inactive(settings, &judged.here, &sides),
        _ => {
            let (code, diagnosis) = (refused.reason().code(), refused.diagnosis());
            let what = format!("{sides}: {}", diagnosis.explanation());
            Finding::wrong(ID, code, what).cure(diagnosis.cure())
        }
    }
}

/// Who asks about a token that does not name it.
pub(super) struct UnnamedAsker<'a> {
    realm: &'a KeycloakRealm,
    asker: &'a str,
    /// The client that the token was issued to, by its own account.
    client: &'a str,
}

/// Who asks, where Keycloak's audience rule may be why it calls a token inactive.
pub(super) fn unnamed_asker<'a>(
    settings: &'a Settings,
    shown: &'a ShownToken,
) -> Option<UnnamedAsker<'a>> {
    let (realm, asker) = (settings.realm.as_ref()?, settings.client.as_ref()?);
    let claims = shown.read.as_ref()?.claims()?;
    if audiences(claims).contains(&asker.id.as_str()) {
        return None;
    }
    Some(UnnamedAsker {
        realm,
        asker: &asker.id,
        client: client(claims).unwrap_or("the client that it was issued to"),
    })
}

/// A good token that does not name who asks is called inactive: by that rule, or because it has ended.
fn audience_rule(judged: &Judged, unnamed: &UnnamedAsker<'_>, sides: &str) -> Finding {
    let UnnamedAsker {
        realm,
        asker,
        client,
    } = unnamed;
    let standing = match &judged.there {
        There::Refused { standing, .. } => *standing,
        _ => Standing::Untold,
    };
    let rule = format!(
        "Keycloak (26.4.12, 26.6.2, 26.7.0 and later) calls a token inactive that does not name who asks, {asker}"
    );
    let mapper = realm.audience_mapper(client, asker);
    match standing {
        Standing::Alive => {
            let what =
                format!("{sides}: {rule}; it has not ended, since the userinfo endpoint takes it");
            Finding::wrong(ID, "audience_rule", what).cures(mapper)
        }
        Standing::Over => {
            let what = format!(
                "{sides}: its signature is good, and it has ended, since the userinfo endpoint refuses it too"
            );
            Finding::wrong(ID, "inactive", what)
                .cure(ENDED)
                .cure(format!("the next one is refused all the same: {rule}:"))
                .cures(mapper)
        }
        Standing::Untold => {
            let what = format!("{sides}: {rule}; or it has ended, which could not be told apart");
            Finding::wrong(ID, "audience_rule", what)
                .cures(mapper)
                .cure(format!("or else: {ENDED}"))
        }
    }
}

fn inactive(settings: &Settings, here: &Here, sides: &str) -> Finding {
    let what = match here {
        Here::Good | Here::Bound => "its signature is good, and it has ended",
        Here::Refused { .. } | Here::Unreadable => {
            "it has ended, is not of this issuer, or does not name who asks"
        }
    };
    let finding = Finding::wrong(ID, "inactive", format!("{sides}: {what}")).cure(ENDED);
    match (&settings.realm, here) {
        (Some(_), Here::Unreadable) => finding.cure(
            "Keycloak also calls a token inactive that does not name who asks (audience mapper)",
        ),
        _ => finding,
    }
}
