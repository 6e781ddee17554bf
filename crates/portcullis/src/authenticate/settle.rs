use std::{sync::Arc, time::Duration};

use super::{guarded::Guarded, judge::Verdict, verified_token::Presented};
use crate::{
    Answer, Doubt, DoubtCause, Reason, Rejection, TokenFacts, revocation::TokenTurn,
    telemetry::StandingOutcome,
};

/// How often a token is asked about for one request. More news may come in while it is.
const ATTEMPTS: usize = 2;

/// Asks about a token that is in doubt, and judges the answer: facts that are good, or why there are
/// none.
pub(super) async fn settle(
    presented: Presented,
    facts: Arc<TokenFacts>,
    mut doubt: Doubt,
) -> Answer {
    let authenticator = &presented.authenticator;
    let _turn = match doubt.cause() {
        DoubtCause::Incomplete => turn(&facts).await?,
        _ => None,
    };
    for _ in 0..ATTEMPTS {
        let freshness = doubt.freshness(authenticator.clock().monotonic());
        let facts = Guarded::start(authenticator.verifier(), &presented.credentials, freshness)
            .until(presented.caller_deadline)
            .await?;
        facts.count_standing(StandingOutcome::Asked);
        match authenticator.judge(&facts, &presented.credentials) {
            Verdict::Good => return Ok(facts),
            Verdict::Refused(rejection) => return Err(rejection),
            Verdict::Ask(next) if next.is_settled_by(doubt, &facts) => return Ok(facts),
            Verdict::Ask(next) => doubt = next,
        }
    }
    Err(Rejection::because(
        Reason::RevocationPending,
        "while the token was asked about more news of it came in",
    ))
}

/// After a start every token is in doubt at once: those questions are spread.
async fn turn(facts: &TokenFacts) -> Result<Option<TokenTurn>, Rejection> {
    const PATIENCE: Duration = Duration::from_secs(3);
    let Some(revocations) = &facts.expectations().revocations else {
        return Ok(None);
    };
    match tokio::time::timeout(PATIENCE, revocations.turn(facts)).await {
        Ok(Ok(turn)) => Ok(turn),
        Ok(Err(_)) | Err(_) => Err(Rejection::because(
            Reason::IssuerBusy,
            "too many tokens have to be asked about since this instance may have missed something; see `recheck_budget`",
        )),
    }
}
