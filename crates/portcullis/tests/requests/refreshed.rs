//! `VerifiedToken::refreshed` and `still_active`: what a request knows of its token, and what is
//! judged again.

use std::{
    any::Any,
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use portcullis::{
    Clock, Freshness, ManualClock, Reason, Rejection, RequireRole, Requirement, Timestamp,
    TokenFacts, verifier_fn,
};
use serde_json::json;
use tokio::sync::Notify;

use crate::support::{Live, Scripted, admitted, facts, poll_once, with_role};

#[tokio::test]
async fn facts_that_are_young_enough_are_asked_for_again_only_when_they_are_older() {
    let verifier = Scripted::plain();
    let token = admitted(verifier.clone()).await;
    let five = Freshness::Within(Duration::from_secs(5));
    token.refreshed(five).await.unwrap();
    verifier.clock.advance(Duration::from_secs(5));
    token.refreshed(five).await.unwrap();
    assert_eq!(verifier.calls(), 1);
    verifier.clock.advance(Duration::from_millis(1));
    token.refreshed(five).await.unwrap();
    assert_eq!(verifier.calls(), 2);
}

#[tokio::test]
async fn still_active_asks_again_each_time() {
    let verifier = Scripted::plain();
    let token = admitted(verifier.clone())
        .await
        .refreshed(Freshness::Live)
        .await
        .unwrap();
    token.still_active().await.unwrap();
    token.still_active().await.unwrap();
    assert_eq!(verifier.calls(), 3);
    verifier.becomes(Live::No(Reason::Inactive));
    assert_eq!(
        token.still_active().await.unwrap_err().reason(),
        Reason::Inactive
    );
}

#[tokio::test]
async fn after_a_no_an_older_yes_counts_no_longer() {
    let verifier = Scripted::plain();
    let token = admitted(verifier.clone())
        .await
        .refreshed(Freshness::Live)
        .await
        .unwrap();
    verifier.becomes(Live::No(Reason::Inactive));
    token.still_active().await.unwrap_err();
    for freshness in [Freshness::Live, Freshness::Within(Duration::from_secs(60))] {
        let rejection = token.refreshed(freshness).await.unwrap_err();
        assert_eq!(rejection.reason(), Reason::Inactive);
    }
    verifier.becomes(Live::Active(json!({})));
    token.refreshed(Freshness::Live).await.unwrap();
}

#[tokio::test]
async fn a_verdict_on_facts_that_are_fresh_already_is_given_anew() {
    let verifier = Scripted::new(json!({ "exp": 1_700_000_100 }));
    let token = admitted(verifier.clone())
        .await
        .refreshed(Freshness::Live)
        .await
        .unwrap();
    verifier.clock.advance(Duration::from_secs(200));
    let rejection = token.refreshed(Freshness::Live).await.unwrap_err();
    assert_eq!(rejection.reason(), Reason::Expired);
    assert_eq!(verifier.calls(), 1);
}

#[tokio::test]
async fn what_a_request_requires_is_held_against_all_it_learns() {
    let verifier = Scripted::new(with_role("admin")).live(Live::Active(json!({})));
    let token = admitted(verifier.clone()).await;
    token.require(RequireRole::realm("admin")).unwrap();
    for _ in 0..2 {
        let rejection = token.refreshed(Freshness::Live).await.unwrap_err();
        assert_eq!(
            rejection.reason(),
            Reason::MissingRole,
            "also on facts that are known"
        );
    }
    assert_eq!(verifier.calls(), 1);
}

#[tokio::test]
async fn clones_speak_of_the_same_request() {
    let verifier = Scripted::new(with_role("admin")).live(Live::Active(json!({})));
    let token = admitted(verifier).await;
    token.clone().require(RequireRole::realm("admin")).unwrap();
    assert_eq!(
        token.clone().still_active().await.unwrap_err().status(),
        403
    );
    assert!(token.require(RequireRole::realm("admin")).is_err());
}

#[tokio::test]
async fn a_requirement_that_was_not_met_is_not_kept() {
    let token = admitted(Scripted::plain()).await;
    token.require(RequireRole::realm("admin")).unwrap_err();
    token.refreshed(Freshness::Live).await.unwrap();
}

#[tokio::test]
async fn after_an_outage_an_older_yes_still_counts_as_old_as_it_is() {
    let verifier = Scripted::plain();
    let token = admitted(verifier.clone())
        .await
        .refreshed(Freshness::Live)
        .await
        .unwrap();
    verifier.becomes(Live::No(Reason::IssuerTimeout));
    assert_eq!(token.still_active().await.unwrap_err().status(), 503);
    token
        .refreshed(Freshness::Within(Duration::from_secs(5)))
        .await
        .unwrap();
}

#[tokio::test]
async fn after_a_no_a_verifier_cannot_come_with_an_older_yes() {
    let verifier = Scripted::plain().live(Live::No(Reason::Inactive));
    let token = admitted(verifier.clone()).await;
    token.still_active().await.unwrap_err();
    verifier.becomes(Live::ActiveSince(json!({}), Duration::from_secs(1)));
    let rejection = token
        .refreshed(Freshness::Within(Duration::from_secs(5)))
        .await
        .unwrap_err();
    assert_eq!(rejection.reason(), Reason::AnswerNotLive);
}

#[tokio::test]
async fn facts_are_ordered_by_when_their_call_began() {
    let clock = ManualClock::at(0);
    let dated = clock.clone();
    let (early, late) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let answers = Mutex::new(vec![late.clone(), early.clone()]);
    let verifier = verifier_fn(move |_, freshness| {
        dated.advance(Duration::from_secs(1));
        let began = dated.monotonic();
        let answer = (freshness == Freshness::Live).then(|| answers.lock().unwrap().pop().unwrap());
        async move {
            if let Some(answer) = answer {
                answer.notified().await;
            }
            facts(&json!({}), Some(began))
        }
    });
    let token = admitted(verifier.with_clock(clock.clone())).await;
    let mut first = pin!(token.still_active());
    let mut second = pin!(token.still_active());
    assert!(poll_once(first.as_mut()).is_pending());
    assert!(poll_once(second.as_mut()).is_pending());

    late.notify_one();
    second.await.unwrap();
    early.notify_one();
    first.await.unwrap();
    assert_eq!(
        token.facts().asked_at(),
        Some(clock.monotonic()),
        "the later call's facts stay"
    );
}

/// Counts how often it was judged.
#[derive(Clone)]
struct Counting(Arc<AtomicUsize>);

impl Requirement for Counting {
    fn judge(&self, _: &TokenFacts, _: Timestamp) -> Result<(), Rejection> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    fn is_same_as(&self, other: &dyn Requirement) -> bool {
        let other = (other as &dyn Any).downcast_ref::<Self>();
        other.is_some_and(|other| Arc::ptr_eq(&self.0, &other.0))
    }
}

/// As with each message of a stream.
#[tokio::test]
async fn what_is_required_again_and_again_is_held_against_newer_facts_once() {
    let verifier = Scripted::plain();
    let token = admitted(verifier).await;
    let count = Arc::new(AtomicUsize::new(0));
    for _ in 0..10 {
        token.require(Counting(count.clone())).unwrap();
    }
    assert_eq!(count.swap(0, Ordering::SeqCst), 10);
    token.still_active().await.unwrap();
    let judged = count.load(Ordering::SeqCst);
    assert!((1..=2).contains(&judged), "{judged}");
}

#[tokio::test]
async fn what_a_token_has_to_meet_once_is_forgotten() {
    let verifier = Scripted::new(with_role("clerk"));
    let token = admitted(verifier.clone()).await;
    token.meets(&RequireRole::realm("clerk")).unwrap();
    let refused = token.meets(&RequireRole::realm("admin")).unwrap_err();
    assert_eq!(refused.reason(), Reason::MissingRole);
    verifier.becomes(Live::Active(with_role("porter")));
    token.still_active().await.unwrap();
    let refused = token.meets(&RequireRole::realm("clerk")).unwrap_err();
    assert_eq!(refused.reason(), Reason::MissingRole);
}
