//! A request that waits for the service further in after its issuer was asked: when its turn
//! comes, the verdict is given again.

use std::{
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::Request;
use portcullis::{
    AuthenticateLayer, Clock, Freshness, ManualClock, Reason, RequireActiveLayer, RequireRole,
    TokenVerifier, VerifiedToken, verifier_fn,
};
use serde_json::{Value, json};
use tokio::sync::{Notify, Semaphore};
use tower::{ServiceBuilder, ServiceExt, limit::GlobalConcurrencyLimitLayer};

use crate::support::{Body, facts, greet, poll_once, request, with_role};

/// A handler with one permit, and a server that answers when it is told to.
struct Scene {
    clock: ManualClock,
    says: Arc<Mutex<Result<Value, Reason>>>,
    answer: Arc<Notify>,
    asked: Arc<AtomicUsize>,
    permits: Arc<Semaphore>,
    runs: Arc<AtomicUsize>,
}

impl Scene {
    fn new(claims: Value) -> Self {
        Self {
            clock: ManualClock::at(1_700_000_000),
            says: Arc::new(Mutex::new(Ok(claims))),
            answer: Arc::default(),
            asked: Arc::default(),
            permits: Arc::new(Semaphore::new(1)),
            runs: Arc::default(),
        }
    }

    /// Asks the server where an answer this fresh is wanted, else says what the token says.
    fn verifier(&self, slow: Freshness, local: Value) -> impl TokenVerifier + use<> {
        let (says, answer) = (self.says.clone(), self.answer.clone());
        let (asked, clock) = (self.asked.clone(), self.clock.clone());
        let verifier = verifier_fn(move |_, freshness| {
            let (says, answer) = (says.clone(), answer.clone());
            let (asked, clock, local) = (asked.clone(), clock.clone(), local.clone());
            async move {
                if freshness != slow {
                    return facts(&local, None);
                }
                asked.fetch_add(1, Ordering::SeqCst);
                clock.advance(Duration::from_millis(1));
                let began = clock.monotonic();
                answer.notified().await;
                let said = says.lock().unwrap().clone();
                facts(&said?, Some(began))
            }
        });
        verifier.with_clock(self.clock.clone())
    }

    fn limit(&self) -> GlobalConcurrencyLimitLayer {
        GlobalConcurrencyLimitLayer::with_semaphore(self.permits.clone())
    }

    /// Counts who comes through.
    fn count(&self) -> impl Fn(Request<Body>) -> Request<Body> + Clone + use<> {
        let runs = self.runs.clone();
        move |request| {
            runs.fetch_add(1, Ordering::SeqCst);
            request
        }
    }

    fn runs(&self) -> usize {
        self.runs.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn a_token_that_expires_in_the_queue_is_refused() {
    for (waits, status, runs) in [(129, 200, 1), (130, 401, 0)] {
        let scene = Scene::new(json!({ "exp": 1_700_000_100 }));
        let verifier = scene.verifier(Freshness::AsConfigured, json!({}));
        let service = ServiceBuilder::new()
            .layer(AuthenticateLayer::new(verifier))
            .layer(scene.limit())
            .map_request(scene.count())
            .service_fn(greet);
        let mut queued = pin!(service.oneshot(request(Some("good"))));
        assert!(
            poll_once(queued.as_mut()).is_pending(),
            "the server is asked"
        );
        let permit = scene.permits.clone().try_acquire_owned().unwrap();
        scene.answer.notify_one();
        assert!(poll_once(queued.as_mut()).is_pending(), "no permit is left");

        scene.clock.advance(Duration::from_secs(waits));
        drop(permit);
        let response = queued.await.unwrap();
        assert_eq!(response.status(), status, "after {waits} s");
        assert_eq!(scene.runs(), runs);
        assert_eq!(scene.permits.available_permits(), 1);
    }
}

#[tokio::test]
async fn what_the_request_hears_of_its_token_in_the_queue_counts() {
    for (news, status) in [
        (Ok(with_role("admin")), 200),
        (Ok(with_role("clerk")), 403),
        (Err(Reason::Inactive), 401),
        (Err(Reason::IssuerUnreachable), 200),
    ] {
        let scene = Scene::new(with_role("admin"));
        let held = Arc::new(Mutex::new(None));
        let holder = held.clone();
        let verifier = scene.verifier(Freshness::Live, with_role("admin"));
        let service = ServiceBuilder::new()
            .layer(AuthenticateLayer::new(verifier))
            .map_request(move |request: Request<Body>| {
                let token = VerifiedToken::of(request.extensions()).cloned();
                *holder.lock().unwrap() = token.ok();
                request
            })
            .layer(RequireRole::realm("admin"))
            .layer(RequireActiveLayer::live())
            .layer(scene.limit())
            .map_request(scene.count())
            .service_fn(greet);
        let mut queued = pin!(service.oneshot(request(Some("good"))));
        assert!(
            poll_once(queued.as_mut()).is_pending(),
            "the server is asked"
        );
        let permit = scene.permits.clone().try_acquire_owned().unwrap();
        scene.answer.notify_one();
        assert!(poll_once(queued.as_mut()).is_pending(), "no permit is left");

        *scene.says.lock().unwrap() = news.clone();
        scene.answer.notify_one();
        let token: Option<VerifiedToken> = held.lock().unwrap().take();
        let heard = token.unwrap().still_active().await;
        assert_eq!(heard.is_ok(), news == Ok(with_role("admin")));
        drop(permit);
        assert_eq!(queued.await.unwrap().status(), status, "{news:?}");
        assert_eq!(scene.runs(), usize::from(status == 200));
        let asked = scene.asked.load(Ordering::SeqCst);
        assert_eq!(asked, 2, "by the guard and by us; not for the wait");
    }
}
