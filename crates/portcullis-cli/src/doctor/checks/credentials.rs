use portcullis::{ConfigError, Reason};
use serde_json::Value;

use super::{
    probe::{Probed, ask},
    refusal::Refusal,
};
use crate::doctor::{client::Client, finding::Finding, progress::Progress, settings::Settings};

pub(super) const ID: &str = "credentials";

/// Whether the server takes the credentials that introspection needs, and if not, why.
pub(crate) async fn check(settings: &Settings, progress: Progress, metadata: &Value) -> Finding {
    let Some(client) = &settings.client else {
        let what = "no client was named, so the server cannot be asked about tokens";
        return Finding::not_run(ID, what);
    };
    let probing = ask(settings, client, None);
    match progress
        .during("asking the server who we are", probing)
        .await
    {
        Probed::Taken { took } => {
            let what = format!("the server takes the credentials of {}", client.id);
            Finding::good(ID, what).took(took)
        }
        Probed::Settings(error) => refused_settings(&error),
        Probed::Unknown { rejection, took } if rejection.reason() == Reason::IssuerDisabled => {
            Finding::wrong(ID, "realm_disabled", rejection.diagnosis().explanation())
                .took(took)
                .cure(rejection.diagnosis().cure())
        }
        Probed::Unknown { rejection, took } => {
            let diagnosis = rejection.diagnosis();
            let what = format!("{} ({})", diagnosis.explanation(), diagnosis.detail());
            Finding::unknown(ID, rejection.reason().code(), what)
                .took(took)
                .cure(diagnosis.cure())
        }
        Probed::Refused {
            status,
            said,
            method,
            requests,
            took,
        } => {
            let refusal = Refusal {
                status,
                said,
                method,
                requests,
                took,
            };
            let explaining = explain(settings, client, metadata, &refusal);
            progress
                .during("finding out why the server refuses us", explaining)
                .await
        }
    }
}

fn refused_settings(error: &ConfigError) -> Finding {
    Finding::wrong(ID, "settings_refused", error.to_string())
        .cure(format!("change `{}`", error.setting()))
}

async fn explain(
    settings: &Settings,
    client: &Client,
    metadata: &Value,
    refusal: &Refusal,
) -> Finding {
    if let Some(finding) = refusal.by_its_words(settings, client) {
        return finding;
    }
    if let Some(finding) = refusal.by_the_login_page(settings, client, metadata).await {
        return finding;
    }
    by_another_way(settings, client, refusal).await
}

/// Tries the other ways to say who we are: the one that is taken names the mistake.
async fn by_another_way(settings: &Settings, client: &Client, refusal: &Refusal) -> Finding {
    let mut shown = refusal.requests;
    for alternative in client.alternatives(refusal.method) {
        match ask(settings, &alternative.client, None).await {
            Probed::Taken { .. } => {
                let finding = refusal.wrong(alternative.cause, alternative.what);
                return finding.cure(alternative.cure);
            }
            Probed::Refused { requests, .. } => shown += requests,
            Probed::Settings(_) | Probed::Unknown { .. } => {}
        }
    }
    refusal.plainly(settings, client).cure(format!(
        "the server was asked {shown} times in all ways that there are: see that it does not lock the client for that"
    ))
}
