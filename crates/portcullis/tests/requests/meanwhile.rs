//! While a requirement judges, nobody holds a lock: it may look at its token, and what is learned
//! in the meantime counts.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use portcullis::{
    Freshness, Reason, Rejection, RequireRole, Requirement, TokenFacts, VerifiedToken,
};
use serde_json::json;

use crate::support::{Live, Scripted, admitted, poll_once, with_role};

/// Looks at the token that it is required of.
struct Curious(VerifiedToken);

impl Requirement for Curious {
    fn judge(&self, facts: &TokenFacts, _: portcullis::Timestamp) -> Result<(), Rejection> {
        assert_eq!(self.0.verified_by(), facts.verified_by());
        Ok(())
    }
}

#[test]
fn a_requirement_may_look_at_the_token_it_judges() {
    let (done, is_done) = mpsc::channel();
    thread::spawn(move || {
        let token = VerifiedToken::for_test(&json!({ "sub": "ali" })).unwrap();
        let met = token.require(Curious(token.clone()));
        done.send(met.is_ok()).unwrap();
    });
    let met = is_done.recv_timeout(Duration::from_secs(10));
    assert_eq!(met, Ok(true), "a deadlock where nothing comes");
}

/// Wants an admin, and takes so long about it that the n-th time something else is learned.
struct Slow {
    token: VerifiedToken,
    server: Scripted,
    judged: Arc<AtomicUsize>,
    learns_at: usize,
}

impl Requirement for Slow {
    fn judge(&self, facts: &TokenFacts, now: portcullis::Timestamp) -> Result<(), Rejection> {
        if self.judged.fetch_add(1, Ordering::SeqCst) + 1 == self.learns_at {
            self.server.becomes(Live::Active(with_role("clerk")));
            let mut learning = pin!(self.token.still_active());
            assert!(poll_once(learning.as_mut()).is_ready());
        }
        RequireRole::realm("admin").judge(facts, now)
    }
}

/// A token that is required to be an admin's, and how often that was judged.
async fn required(learns_at: usize) -> (VerifiedToken, Result<(), Rejection>, Arc<AtomicUsize>) {
    let server = Scripted::new(with_role("admin"));
    let token = admitted(server.clone()).await;
    let judged = Arc::new(AtomicUsize::new(0));
    let met = token.require(Slow {
        token: token.clone(),
        server,
        judged: judged.clone(),
        learns_at,
    });
    (token, met, judged)
}

#[tokio::test]
async fn a_requirement_is_held_against_what_is_learned_while_it_is_added() {
    let (_, met, judged) = required(1).await;
    assert_eq!(met.unwrap_err().reason(), Reason::MissingRole);
    assert_eq!(
        judged.load(Ordering::SeqCst),
        2,
        "on the old facts and on the new"
    );
}

#[tokio::test]
async fn all_requirements_are_held_against_what_is_learned_while_they_are_judged() {
    let (token, met, judged) = required(2).await;
    met.unwrap();
    let refreshed = token.refreshed(Freshness::Live).await;
    assert_eq!(refreshed.unwrap_err().reason(), Reason::MissingRole);
    assert!(judged.load(Ordering::SeqCst) > 2);
}

#[tokio::test]
async fn where_nothing_is_learned_a_requirement_is_judged_once_for_each_answer() {
    let (token, met, judged) = required(usize::MAX).await;
    met.unwrap();
    token.refreshed(Freshness::Live).await.unwrap();
    assert_eq!(judged.load(Ordering::SeqCst), 2);
}
