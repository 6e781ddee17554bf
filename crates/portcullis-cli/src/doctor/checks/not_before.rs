use std::time::Duration;

use portcullis::Issuer;
use serde_json::Value;

use crate::{
    doctor::{finding::Finding, progress::Progress, settings::Settings},
    moment::{Moment, now},
};

const ID: &str = "not_before";
/// How often the library asks for it; nobody waits for the second time.
const PERIOD: Duration = Duration::from_secs(60);

/// The realm's cut-off: tokens from before are over. With the issuer that knows of it, where there is one.
pub(crate) async fn check(settings: &Settings, progress: Progress) -> (Finding, Option<Issuer>) {
    if settings.realm.is_none() {
        let what = "only Keycloak publishes a cut-off";
        return (Finding::not_run(ID, what), None);
    }
    let connecting = async { settings.issuer()?.poll_not_before(PERIOD).connect().await };
    let issuer = progress.during("asking for the cut-off", connecting).await;
    let seen = settings.witness.take();
    let published = seen.iter().rev().find_map(|exchange| {
        let document = exchange.json()?;
        let cut_off = document.get("tokens-not-before").and_then(Value::as_f64)?;
        Some((exchange.took, cut_off))
    });
    (told(published), issuer.ok())
}

fn told(published: Option<(Duration, f64)>) -> Finding {
    let Some((took, cut_off)) = published else {
        let what = "the realm's cut-off could not be had at the issuer's own address";
        return Finding::notable(ID, "cut_off_unknown", what).cure(
            "see whether something between here and Keycloak keeps the address of the realm back",
        );
    };
    if cut_off == 0.0 {
        return Finding::good(ID, "the realm has no cut-off").took(took);
    }
    let moment = Moment::of(cut_off, now());
    let utc = moment.utc.unwrap_or_default();
    let relative = moment.relative.unwrap_or_default();
    let what = format!("tokens from before {utc} ({relative}) are over");
    if cut_off > now() {
        return Finding::wrong(
            ID,
            "cut_off_ahead",
            format!("{what}: every token is, until then"),
        )
        .took(took)
        .cure("Keycloak → Sessions → Action → Revocation: Clear");
    }
    Finding::good(ID, what).took(took)
}
