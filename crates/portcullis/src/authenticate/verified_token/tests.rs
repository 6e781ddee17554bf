use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use super::*;
use crate::{Expectations, ManualClock, RequireScope, TokenVerifier, Verification};

/// An answer may be so old.
const WITHIN: Freshness = Freshness::Within(Duration::from_secs(10));
/// How long ago, by its date, another instance has asked.
const ELSEWHERE: Duration = Duration::from_secs(5);

/// Another instance has been told that the token may nothing any more. The server says now what it may.
struct Shared {
    clock: ManualClock,
    says: &'static str,
    calls: Arc<AtomicUsize>,
}

impl Shared {
    fn facts(scope: &str) -> TokenFacts {
        let expectations = Arc::new(Expectations::danger_any_audience());
        TokenFacts::from_json(format!(r#"{{"scope":"{scope}"}}"#), &expectations).unwrap()
    }
}

impl TokenVerifier for Shared {
    fn verify(&self, _: &Credentials, freshness: Freshness) -> Verification {
        let now = self.clock.monotonic();
        let facts = if freshness == Freshness::Live {
            self.calls.fetch_add(1, Ordering::Relaxed);
            Self::facts(self.says).with_asked_at(now)
        } else {
            let asked = now.checked_sub(ELSEWHERE).unwrap();
            Self::facts("").with_asked_elsewhere_at(asked)
        };
        Verification::now(Ok(Arc::new(facts)))
    }

    fn can_ask(&self) -> bool {
        true
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(self.clock.clone())
    }
}

/// What becomes of a token, so long after it was asked about here for its request, that may `pay` and has to, where
/// the server says now that it may so much; and how often that was asked.
async fn refreshed(after: Duration, says: &'static str) -> (Result<(), Reason>, usize) {
    let (clock, calls) = (ManualClock::at(1_700_000_000), Arc::default());
    let admitted = Shared::facts("pay").with_asked_at(clock.monotonic());
    let verifier = Shared {
        clock: clock.clone(),
        says,
        calls: Arc::clone(&calls),
    };
    let presented = Presented {
        authenticator: Arc::new(Authenticator::new(verifier)),
        credentials: Credentials::bearer(AccessToken::new("token").unwrap()),
        arrived: clock.monotonic(),
        caller_deadline: None,
    };
    let token = VerifiedToken::new(Arc::new(admitted), presented);
    token.require(RequireScope::all(["pay"]).unwrap()).unwrap();
    clock.advance(after);
    let refreshed = token.refreshed(WITHIN).await;
    if refreshed.is_ok() {
        let now = clock.monotonic();
        assert!(token.facts().asked_within(Duration::from_secs(10), now));
    }
    let refreshed = refreshed.map(drop).map_err(|rejection| rejection.reason());
    (refreshed, calls.load(Ordering::Relaxed))
}

/// Neither its word counts nor ours, which is too old.
#[tokio::test]
async fn an_answer_of_another_instance_that_may_be_older_than_ours_is_asked_for_again() {
    let after = Duration::from_secs(20);
    assert_eq!(refreshed(after, "pay").await, (Ok(()), 1));
    let refused = Err(Reason::MissingScope);
    assert_eq!(refreshed(after, "").await, (refused, 1));
}

#[tokio::test]
async fn an_answer_of_another_instance_that_is_newer_for_sure_counts() {
    let after = Expectations::LEEWAY + ELSEWHERE;
    let refused = Err(Reason::MissingScope);
    assert_eq!(refreshed(after, "pay").await, (refused, 0));
}

#[tokio::test]
async fn where_ours_is_young_enough_nobody_is_asked() {
    let after = Duration::from_secs(9);
    assert_eq!(refreshed(after, "").await, (Ok(()), 0));
}
