//! The order in which things are looked at: the first that is wrong is the cause of what follows.

use super::{
    checks,
    finding::{Finding, Mark},
    progress::Progress,
    settings::Settings,
};

/// Looks at everything that can be looked at.
pub(super) async fn examine(settings: &Settings, progress: Progress) -> Vec<Finding> {
    let mut findings = Vec::new();
    let connecting = checks::server::connect(settings, progress, &mut findings);
    let Some(server) = connecting.await else {
        findings.extend(checks::not_run(settings, "the issuer could not be had"));
        return findings;
    };
    findings.extend(checks::keys::check(settings, &server));
    let credentials = checks::credentials::check(settings, progress, &server.metadata).await;
    let can_ask = credentials.mark == Mark::Good;
    let hint = checks::hint::check(settings, progress, can_ask).await;
    let (not_before, watching) = checks::not_before::check(settings, progress).await;
    let issuer = watching.as_ref().unwrap_or(&server.issuer);
    let judged = checks::token::judge(settings, progress, issuer, can_ask).await;
    // A clock that is wrong is why credentials and tokens are refused.
    findings.push(checks::clock::check(
        &server.seen,
        settings.leeway,
        judged.as_ref(),
    ));
    findings.extend([
        credentials,
        hint,
        checks::audience::check(settings, can_ask),
        checks::logout::check(settings, &server),
    ]);
    findings.extend(checks::logout_url::check(settings, progress).await);
    findings.push(not_before);
    findings.extend(checks::token::told(settings, judged.as_ref()));
    findings
}
