use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    guarded::Guarded,
    judge::{Question, Verdict, judge_status},
    verified_token::Presented,
};
use crate::{
    Answer, Doubt, DoubtCause, Freshness, Reason, Rejection, TokenFacts,
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
    let mut settled: Option<(Doubt, Instant)> = None;
    let mut _turn = None;
    loop {
        match question {
            Question::Token(doubt) if asked < ATTEMPTS => {
                if asked == 0 && doubt.cause() == DoubtCause::Incomplete {
                    _turn = turn(&facts).await?;
                }
                asked += 1;
                // What comes later is dated later, though the date of this one be rounded up past the clock.
                let cleared = match &facts.expectations().revocations {
                    Some(revocations) => revocations.will_clear(doubt.since()),
                    None => doubt.since(),
                };
                let now = authenticator.clock().monotonic();
                // One that is dated further ahead may have the date of what comes in the meantime.
                let is_told_apart = cleared >= doubt.since();
                settled = is_told_apart.then_some((doubt, doubt.since().min(now)));
                facts = ask(&presented, doubt.freshness(now)).await?;
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
        if let (Verdict::Open(Question::Token(next)), Some((doubt, since))) = (&verdict, settled)
            && next.says_nothing_newer_than(doubt)
            && facts.asked_at_the_earliest() >= Some(since)
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

/// An answer about the token.
async fn ask(presented: &Presented, freshness: Freshness) -> Answer {
    let verifier = presented.authenticator.verifier();
    let facts = Guarded::start(|| verifier.verify(&presented.credentials, freshness))
        .until(presented.caller_deadline)
        .await?;
    facts.count_standing(StandingOutcome::Asked);
    Ok(facts)
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
