//! `VerifiedToken::ended`: when a token that was let in is over, by the verifier's own clock.

use std::{
    future::Future,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
    time::Duration,
};

use http::Request;
use portcullis::{
    Authenticator, Clock, Credentials, Freshness, ManualClock, Reason, Rejection, RequireRole,
    TokenVerifier, Verification, VerifiedToken, verifier_fn,
};
use serde_json::{Value, json};

use crate::support::{Body, Live, Scripted, admitted, facts, poll_once, with_role};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// The claims of a token that expires in so many seconds.
fn expiring(seconds: u64) -> Value {
    json!({ "sub": "ali", "exp": 1_700_000_000 + seconds })
}

/// A verifier that nobody stands behind who could be asked.
struct LocalOnly(Scripted);

impl TokenVerifier for LocalOnly {
    fn verify(&self, credentials: &Credentials, freshness: Freshness) -> Verification {
        self.0.verify(credentials, freshness)
    }

    fn can_ask(&self) -> bool {
        false
    }

    fn clock(&self) -> Arc<dyn Clock> {
        self.0.clock()
    }
}

#[track_caller]
fn assert_goes_on<F: Future<Output = Rejection>>(ended: Pin<&mut F>) {
    if let Poll::Ready(rejection) = poll_once(ended) {
        panic!("ended: {rejection:?}");
    }
}

#[track_caller]
fn assert_ended<F: Future<Output = Rejection>>(ended: Pin<&mut F>, reason: Reason) {
    match poll_once(ended) {
        Poll::Ready(rejection) => assert_eq!(rejection.reason(), reason, "{rejection:?}"),
        Poll::Pending => panic!("goes on"),
    }
}

#[tokio::test]
async fn it_ends_when_exp_and_the_leeway_have_passed() {
    let verifier = Scripted::new(expiring(100));
    let mut ended = pin!(admitted(verifier.clone()).await.ended());
    assert_goes_on(ended.as_mut());
    verifier
        .clock
        .advance(130 * SECOND - Duration::from_millis(1));
    assert_goes_on(ended.as_mut());
    verifier.clock.advance(Duration::from_millis(1));
    assert_ended(ended.as_mut(), Reason::Expired);
}

/// Nobody polls it: time wakes it.
#[tokio::test]
async fn whoever_waits_for_it_is_woken() {
    let verifier = Scripted::new(expiring(100));
    let ended = tokio::spawn(admitted(verifier.clone()).await.ended());
    tokio::task::yield_now().await;
    verifier.clock.advance(130 * SECOND);
    assert_eq!(ended.await.unwrap().reason(), Reason::Expired);
}

#[tokio::test]
async fn a_wall_clock_that_jumps_past_exp_ends_it_with_the_next_look() {
    let verifier = Scripted::new(expiring(3600));
    let mut ended = pin!(admitted(verifier.clone()).await.ended());
    assert_goes_on(ended.as_mut());
    verifier.clock.jump_to(1_700_003_630);
    verifier.clock.advance(30 * SECOND);
    assert_ended(ended.as_mut(), Reason::Expired);
}

#[tokio::test]
async fn a_token_without_exp_goes_on_for_as_long_as_it_is_good() {
    let verifier = Scripted::plain();
    let mut ended = pin!(admitted(verifier.clone()).await.ended());
    for _ in 0..100 {
        assert_goes_on(ended.as_mut());
        verifier.clock.advance(MINUTE);
    }
    assert_eq!(verifier.calls(), 0, "and the server is not asked for it");
}

#[tokio::test]
async fn what_another_holder_learns_of_the_token_ends_it() {
    let verifier = Scripted::plain().live(Live::No(Reason::Inactive));
    let token = admitted(verifier.clone()).await;
    let mut ended = pin!(token.ended());
    assert_goes_on(ended.as_mut());
    token.still_active().await.unwrap_err();
    verifier.clock.advance(30 * SECOND);
    assert_ended(ended.as_mut(), Reason::Inactive);
}

#[tokio::test]
async fn what_the_route_requires_is_held_against_newer_facts() {
    let verifier = Scripted::new(with_role("admin"));
    let token = admitted(verifier.clone()).await;
    token.require(RequireRole::realm("admin")).unwrap();
    let mut ended = pin!(token.ended_within(20 * SECOND));
    assert_goes_on(ended.as_mut());
    verifier.becomes(Live::Active(json!({ "sub": "ali" })));
    verifier.clock.advance(20 * SECOND);
    assert_ended(ended.as_mut(), Reason::MissingRole);
}

#[tokio::test]
async fn the_server_is_asked_before_the_last_answer_is_too_old() {
    let verifier = Scripted::plain();
    let token = admitted(verifier.clone()).await;
    let mut ended = pin!(token.ended_within(20 * SECOND));
    for _ in 0..300 {
        assert_goes_on(ended.as_mut());
        let asked = token.facts().asked_at().unwrap();
        assert!(verifier.clock.monotonic() - asked <= 20 * SECOND);
        verifier.clock.advance(SECOND);
    }
    let calls = verifier.calls();
    assert!((15..=30).contains(&calls), "{calls} in five minutes");
    verifier.becomes(Live::No(Reason::Inactive));
    verifier.clock.advance(20 * SECOND);
    assert_ended(ended.as_mut(), Reason::Inactive);
}

/// An age of nothing would have the server asked without end.
#[tokio::test]
async fn it_is_never_asked_more_than_once_a_second() {
    let verifier = Scripted::plain();
    let mut ended = pin!(
        admitted(verifier.clone())
            .await
            .ended_within(Duration::ZERO)
    );
    for _ in 0..100 {
        assert_goes_on(ended.as_mut());
        verifier.clock.advance(Duration::from_millis(100));
    }
    let calls = verifier.calls();
    assert!((5..=10).contains(&calls), "{calls} in ten seconds");
}

#[tokio::test]
async fn a_verifier_that_cannot_ask_ends_what_it_is_to_be_asked_about() {
    let token = admitted(LocalOnly(Scripted::plain())).await;
    let mut ended = pin!(token.ended_within(MINUTE));
    assert_ended(ended.as_mut(), Reason::CannotAsk);
}

#[tokio::test]
async fn what_cannot_be_known_ends_nothing_until_exp() {
    for reason in [
        Reason::IssuerUnreachable,
        Reason::ClientCredentialsRefused,
        Reason::AnswerNotLive,
    ] {
        let verifier = Scripted::new(expiring(3600)).live(Live::No(reason));
        let mut ended = pin!(admitted(verifier.clone()).await.ended_within(10 * SECOND));
        for _ in 0..3629 {
            assert_goes_on(ended.as_mut());
            verifier.clock.advance(SECOND);
        }
        // It is asked again, and not all the time.
        let calls = verifier.calls();
        assert!(
            (3600 / 30..3600 / 20).contains(&calls),
            "{reason:?}: {calls}"
        );
        verifier.clock.advance(SECOND);
        assert_ended(ended.as_mut(), Reason::Expired);
    }
}

#[tokio::test]
async fn after_an_outage_the_server_is_asked_as_before() {
    let verifier = Scripted::new(expiring(3600)).live(Live::No(Reason::IssuerTimeout));
    let mut ended = pin!(admitted(verifier.clone()).await.ended_within(10 * SECOND));
    assert_goes_on(ended.as_mut());
    assert_eq!(verifier.calls(), 1);
    // The first time it is tried soon.
    verifier.clock.advance(SECOND);
    assert_goes_on(ended.as_mut());
    assert_eq!(verifier.calls(), 2);
    verifier.becomes(Live::No(Reason::Inactive));
    verifier.clock.advance(2 * SECOND);
    assert_ended(ended.as_mut(), Reason::Inactive);
}

#[tokio::test]
async fn a_token_without_exp_of_which_nothing_can_be_learned_ends_after_five_minutes() {
    let verifier = Scripted::plain().live(Live::No(Reason::IssuerUnreachable));
    let mut ended = pin!(admitted(verifier.clone()).await.ended_within(10 * SECOND));
    for _ in 0..299 {
        assert_goes_on(ended.as_mut());
        verifier.clock.advance(SECOND);
    }
    verifier.clock.advance(30 * SECOND);
    assert_ended(ended.as_mut(), Reason::IssuerUnreachable);
}

/// Those that a short outage interrupts begin to count anew.
#[tokio::test]
async fn five_minutes_are_five_minutes_on_end() {
    let verifier = Scripted::plain();
    let mut ended = pin!(admitted(verifier.clone()).await.ended_within(10 * SECOND));
    for _ in 0..10 {
        verifier.becomes(Live::No(Reason::IssuerUnreachable));
        for _ in 0..200 {
            assert_goes_on(ended.as_mut());
            verifier.clock.advance(SECOND);
        }
        verifier.becomes(Live::Active(json!({ "sub": "ali" })));
        for _ in 0..60 {
            assert_goes_on(ended.as_mut());
            verifier.clock.advance(SECOND);
        }
    }
}

#[tokio::test]
async fn exp_ends_it_also_while_the_server_is_asked() {
    let clock = ManualClock::at(1_700_000_000);
    let dated = clock.clone();
    let verifier = verifier_fn(move |_, freshness| {
        let local = facts(&expiring(100), None);
        async move {
            match freshness {
                Freshness::AsConfigured => local,
                _ => std::future::pending().await,
            }
        }
    });
    let token = admitted(verifier.with_clock(dated)).await;
    let mut ended = pin!(token.ended_within(MINUTE));
    assert_goes_on(ended.as_mut());
    clock.advance(130 * SECOND);
    assert_ended(ended.as_mut(), Reason::Expired);
}

/// A custom verifier is asked in its own way about twice a minute, and its no counts.
#[tokio::test]
async fn the_verifier_is_asked_again_in_its_own_way() {
    let clock = ManualClock::at(1_700_000_000);
    let looks = Arc::new(AtomicUsize::new(0));
    let counted = looks.clone();
    let verifier = verifier_fn(move |_, _| {
        let look = counted.fetch_add(1, Ordering::SeqCst);
        async move {
            match look {
                0..6 => facts(&json!({ "sub": "ali" }), None),
                _ => Err(Reason::UnknownKey.into()),
            }
        }
    });
    let token = admitted(verifier.with_clock(clock.clone())).await;
    let mut ended = pin!(token.ended());
    for look in 1..6 {
        assert_goes_on(ended.as_mut());
        assert_eq!(looks.load(Ordering::SeqCst), look + 1);
        clock.advance(30 * SECOND);
    }
    assert_ended(ended.as_mut(), Reason::UnknownKey);
}

/// `grpc-timeout` bounds how long the caller waits for the first answer of the server.
#[tokio::test(start_paused = true)]
async fn what_the_caller_waits_for_says_nothing_of_later_questions() {
    let clock = ManualClock::at(1_700_000_000);
    let verifier = verifier_fn(move |_, freshness| async move {
        match freshness {
            Freshness::AsConfigured => facts(&json!({}), None),
            Freshness::Live => std::future::pending().await,
            _ => {
                tokio::time::sleep(Duration::from_millis(2)).await;
                Err(Reason::Inactive.into())
            }
        }
    });
    let request = Request::post("/shop.Orders/Watch")
        .header("content-type", "application/grpc")
        .header("grpc-timeout", "1n")
        .header("authorization", "Bearer good")
        .body(Body::default())
        .unwrap();
    let verifier = verifier.with_clock(clock);
    let authenticator = Arc::new(Authenticator::new(verifier));
    let token = authenticator.authenticate((&request).into()).await;
    let token: VerifiedToken = token.unwrap().unwrap();
    let rejection = token.still_active().await.unwrap_err();
    assert_eq!(rejection.reason(), Reason::CallerDeadline);
    assert_eq!(token.ended_within(MINUTE).await.reason(), Reason::Inactive);
}
