use super::probe::{Probed, ask};
use crate::doctor::{finding::Finding, progress::Progress, settings::Settings};

/// The hint that services may send along (RFC 7662 §2.1).
const HINT: &str = "access_token";

/// Whether the server bears a `token_type_hint`.
pub(crate) async fn check(settings: &Settings, progress: Progress, can_ask: bool) -> Finding {
    const ID: &str = "hint";
    let Some(client) = settings.client.as_ref().filter(|_| can_ask) else {
        return Finding::not_run(ID, "the server cannot be asked about tokens");
    };
    let probing = ask(settings, client, Some(HINT));
    match progress.during("asking with a hint", probing).await {
        Probed::Taken { took } => {
            let what =
                format!("the server takes `token_type_hint={HINT}`; none is sent unless it is set");
            Finding::good(ID, what).took(took)
        }
        Probed::Refused {
            status, said, took, ..
        } => {
            let status = status.map_or_else(String::new, |status| format!("{status}, "));
            let what = format!(
                "the server refuses `token_type_hint={HINT}` ({status}it says {})",
                said.line()
            );
            Finding::notable(ID, "hint_refused", what)
                .took(took)
                .cure("leave `token_type_hint(..)` out")
        }
        Probed::Unknown { rejection, took } => {
            let code = rejection.reason().code();
            Finding::notable(ID, code, "the server did not answer as it should").took(took)
        }
        Probed::Settings(error) => Finding::notable(ID, "settings_refused", error.to_string()),
    }
}
