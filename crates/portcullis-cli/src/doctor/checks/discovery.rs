//! What the issuer publishes of itself, and whether it is who it should be.

use std::time::Duration;

use http::{StatusCode, header};
use portcullis::ConnectError;
use serde_json::Value;

use super::issuer::Difference;
use crate::{
    doctor::{finding::Finding, settings::Settings, witness::Exchange},
    shell::word,
};

const ID: &str = "discovery";

/// The document that was read last.
fn metadata(seen: &[Exchange]) -> Option<&Exchange> {
    let mut read = seen.iter().rev();
    read.find(|exchange| exchange.is_of_metadata() && exchange.status() == Some(StatusCode::OK))
}

/// What the issuer publishes of itself.
pub(super) fn document(seen: &[Exchange]) -> Value {
    let document = metadata(seen).and_then(Exchange::json);
    document.unwrap_or_default()
}

/// It publishes something of itself.
pub(super) fn found(seen: &[Exchange]) -> Finding {
    match metadata(seen) {
        Some(read) => Finding::good(ID, format!("metadata at {}", read.url)).took(read.took),
        None => Finding::not_run(
            ID,
            "nothing had to be discovered: the key set's address was given",
        ),
    }
}

/// It is what was configured.
pub(super) fn same_issuer(seen: &[Exchange]) -> Finding {
    match metadata(seen) {
        Some(read) => {
            let what = "the server calls itself as it is configured here";
            Finding::good("issuer", what).took(read.took)
        }
        None => Finding::not_run("issuer", "the server was not asked how it calls itself"),
    }
}

/// It is another issuer than what was configured.
pub(super) fn other_issuer(settings: &Settings, found: &str, seen: &[Exchange]) -> Finding {
    let configured = &settings.issuer;
    let Difference { cause, what } = Difference::between(found, configured);
    let asked = settings.base();
    let finding = Finding::wrong(
        "issuer",
        cause,
        format!("the server calls itself {found:?}, and {configured:?} is configured: {what}"),
    )
    .took(metadata(seen).map_or(Duration::ZERO, |read| read.took));
    let finding = finding.cure(format!(
        "its tokens have `iss` {found:?}: configure that, character for character"
    ));
    if cause == "issuer_trailing_slash" {
        return finding;
    }
    let command = word(found).zip(word(asked));
    let command = command.map_or_else(String::new, |(found, asked)| {
        format!(", here --issuer {found} --fetch-from {asked}")
    });
    let finding = finding.cure(format!(
        "where that is its public name, and {asked} its address in the network: `fetch_from(..)`{command}"
    ));
    match &settings.realm {
        Some(realm) => finding.cure(format!(
            "where the server should call itself otherwise: Keycloak's `hostname` option, or realm {} → Realm settings → General → Frontend URL",
            realm.name
        )),
        None => finding,
    }
}

/// Nothing that could be used was published.
pub(super) fn no_metadata(settings: &Settings, error: &ConnectError, seen: &[Exchange]) -> Finding {
    let said = seen
        .iter()
        .map(Exchange::said)
        .find(|said| !said.error.is_empty());
    let Some(status) = error.status() else {
        return Finding::wrong(ID, "metadata_unusable", error.to_string())
            .cure("compare the address with that of the issuer; what answers there is no authorization server, or one that publishes too little");
    };
    let location = seen
        .iter()
        .find_map(|exchange| exchange.header(header::LOCATION));
    match (status, &settings.realm, location) {
        (StatusCode::NOT_FOUND, Some(realm), _) => {
            let said = said.unwrap_or_default().line();
            let what = format!(
                "there is no realm {:?} at this server (it says {said})",
                realm.name
            );
            Finding::wrong(ID, "no_such_realm", what)
                .cure("compare the realm's name with the one at the server: upper and lower case count")
                .cure("Keycloak before 17, or with `http-relative-path`, has it below /auth/realms/")
        }
        (StatusCode::NOT_FOUND, None, _) => Finding::wrong(
            ID,
            "no_metadata",
            "the server publishes nothing of itself below this address (404)",
        )
        .cure("compare the path of the issuer with the server's"),
        (status, _, Some(location)) if status.is_redirection() => {
            let what = format!(
                "the server redirects to {location:?} ({status}), and redirects are not followed"
            );
            Finding::wrong(ID, "redirected", what)
                .cure("configure the issuer that it redirects to, if that is its name")
        }
        (status, ..) if status.is_server_error() => {
            let what = format!("the server is in trouble: {status}");
            Finding::unknown(ID, "server_in_trouble", what).cure("see the server's log")
        }
        (status, ..) => {
            let said = said.unwrap_or_default().line();
            let what = format!("the server refuses its metadata: {status}, and says {said}");
            Finding::wrong(ID, "metadata_refused", what)
                .cure("see whether something between here and the server refuses the request")
        }
    }
}
