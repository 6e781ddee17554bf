//! The order in which things are looked at: the first that is wrong is the cause of what follows.

use std::time::Instant;

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
    let metadata = &server.metadata;
    findings.extend(checks::keys::check(settings, &server));
    let credentials = checks::credentials::check(settings, progress, metadata).await;
    let can_ask = credentials.mark == Mark::Good;
    let hint = checks::hint::check(settings, progress, can_ask).await;
    let (not_before, watching) = checks::not_before::check(settings, progress).await;
    let issuer = watching.as_ref().unwrap_or(&server.issuer);
    let judged = checks::token::judge(settings, progress, issuer, metadata, can_ask).await;
    let judged = judged.as_ref();
    // A clock that is wrong is why credentials and tokens are refused.
    let began = Instant::now();
    let own = if can_ask {
        checks::own_token::issue(settings, progress, metadata).await
    } else {
        None
    };
    let own = own.as_ref();
    let clock = checks::clock::check(settings, &server.seen, judged, own);
    findings.push(clock.took(began.elapsed()));
    let began = Instant::now();
    let rule = checks::audience_rule::attempt(settings, progress, judged, own).await;
    let audience = checks::audience::check(settings, can_ask, judged, rule);
    let audience = audience.took(began.elapsed());
    findings.extend([
        credentials,
        hint,
        audience,
        timed(|| checks::logout::check(settings, &server)),
    ]);
    findings.extend(checks::logout_url::check(settings, progress).await);
    findings.push(not_before);
    findings.extend(checks::token::told(settings, judged));
    findings
}

/// What comes of a check, with the time that it took.
fn timed(check: impl FnOnce() -> Finding) -> Finding {
    let began = Instant::now();
    let finding = check();
    finding.took(began.elapsed())
}
