use std::{sync::Arc, time::Duration};

use super::{
    guarded::Guarded,
    judge::{Question, Verdict, judge_status},
    verified_token::Presented,
};
use crate::{
    Answer, Clock, Doubt, DoubtCause, Reason, Rejection, TokenFacts,
    revocation::{StatusFetch, TokenTurn},
    telemetry::StandingOutcome,
};

/// How often a token is asked about for one request, and a list fetched. More news may come in while
/// it is.
const ATTEMPTS: usize = 2;

/// Finds out what has to be known of a token before it can be judged, and judges it: facts that are
/// good, or why there are none.
pub(super) async fn settle(
    presented: Presented,
    mut facts: Arc<TokenFacts>,
    mut question: Question,
) -> Answer {
    let authenticator = &presented.authenticator;
    let (mut asked, mut fetched) = (0, 0);
    let mut settled: Option<Doubt> = None;
    let mut _turn = None;
    loop {
        match question {
            Question::Token(doubt) if asked < ATTEMPTS => {
                if asked == 0 && doubt.cause() == DoubtCause::Incomplete {
                    _turn = turn(&facts).await?;
                }
                asked += 1;
                facts = ask(&presented, doubt).await?;
                settled = Some(doubt);
            }
            Question::StatusList(fetch) if fetched < ATTEMPTS => {
                fetched += 1;
                list(&presented, &facts, fetch).await?;
            }
            Question::Token(_) => {
                return Err(in_motion(
                    "while the token was asked about more news of it came in",
                ));
            }
            Question::StatusList(_) => {
                return Err(Rejection::because(
                    Reason::StatusUnavailable,
                    "the status list that was fetched was over at once, or older than the token",
                ));
            }
        }
        let now = authenticator.clock().read();
        let mut verdict = authenticator.judge(&facts, &presented.credentials, now);
        if let (Verdict::Open(Question::Token(next)), Some(doubt)) = (&verdict, settled)
            && next.is_settled_by(doubt, &facts)
        {
            verdict = judge_status(&facts);
        }
        match verdict {
            Verdict::Good => return Ok(facts),
            Verdict::Refused(rejection) => return Err(rejection),
            Verdict::Open(next) => question = next,
        }
    }
}

/// An answer about the token, as fresh as the doubt needs it.
async fn ask(presented: &Presented, doubt: Doubt) -> Answer {
    let authenticator = &presented.authenticator;
    reached(doubt, authenticator.clock()).await;
    let freshness = doubt.freshness(authenticator.clock().monotonic());
    let verifier = authenticator.verifier();
    let facts = Guarded::start(|| verifier.verify(&presented.credentials, freshness))
        .until(presented.caller_deadline)
        .await?;
    facts.count_standing(StandingOutcome::Asked);
    Ok(facts)
}

/// Waits until the moment that a doubt is dated: it is rounded up to the next millisecond, and an answer to
/// a call that began before it settles nothing.
async fn reached(doubt: Doubt, clock: &dyn Clock) {
    const ROUNDED_BY: Duration = Duration::from_millis(1);
    let ahead = doubt.since().saturating_duration_since(clock.monotonic());
    if !ahead.is_zero() {
        clock.sleep(ahead.min(ROUNDED_BY)).await;
    }
}

/// The list that the token's status stands in.
async fn list(
    presented: &Presented,
    facts: &Arc<TokenFacts>,
    fetch: StatusFetch,
) -> Result<(), Rejection> {
    let facts = facts.clone();
    let landed = Guarded::later(async move { fetch.landed().await.map(|()| facts) });
    landed.until(presented.caller_deadline).await.map(drop)
}

fn in_motion(why: &'static str) -> Rejection {
    Rejection::because(Reason::RevocationPending, why)
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
