//! The contract of `tower::Service`: only a service that is ready is called, and while somebody
//! is asked nobody holds its permit.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
};

use http::{Request, Response, StatusCode};
use portcullis::{
    AuthenticateLayer, EmptyBody, Freshness, RequireActiveLayer, RequireRole, RequireScope,
    TokenVerifier, verifier_fn,
};
use serde_json::json;
use tokio::sync::Notify;
use tower::{Layer, Service, ServiceBuilder, ServiceExt, limit::ConcurrencyLimitLayer};

use crate::support::{Body, Scripted, facts, greet, poll_once, request, send, with_role};

/// Panics when it is called unready; its clones are unready. Counts its calls.
#[derive(Debug, Default)]
struct Wary {
    is_ready: bool,
    calls: Arc<AtomicUsize>,
}

impl Clone for Wary {
    fn clone(&self) -> Self {
        Self {
            is_ready: false,
            calls: self.calls.clone(),
        }
    }
}

impl Service<Request<Body>> for Wary {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.is_ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        assert!(self.is_ready, "called unready");
        self.is_ready = false;
        self.calls.fetch_add(1, Ordering::SeqCst);
        ready(Ok(Response::new(Body::default())))
    }
}

/// A verifier that never answers at once.
fn later() -> impl TokenVerifier {
    verifier_fn(|_, _| async { facts(&with_role("admin"), None) })
}

#[tokio::test]
async fn the_inner_service_is_never_called_unready() {
    for is_later in [false, true] {
        let layer = if is_later {
            AuthenticateLayer::new(later())
        } else {
            AuthenticateLayer::new(Scripted::new(with_role("admin")))
        };
        let inner = Wary::default();
        let mut service = layer.layer(RequireRole::realm("admin").layer(inner.clone()));
        for calls in 1..=3 {
            let response = service.ready().await.unwrap().call(request(Some("good")));
            assert_eq!(response.await.unwrap().status(), 200);
            assert_eq!(inner.calls.load(Ordering::SeqCst), calls);
        }
    }
}

#[tokio::test]
async fn the_inner_service_of_a_guard_that_asks_is_never_called_unready() {
    let inner = Wary::default();
    let mut service = ServiceBuilder::new()
        .layer(AuthenticateLayer::new(Scripted::plain()))
        .layer(RequireActiveLayer::live())
        .service(inner.clone());
    for calls in 1..=3 {
        let response = service.ready().await.unwrap().call(request(Some("good")));
        assert_eq!(response.await.unwrap().status(), 200);
        assert_eq!(inner.calls.load(Ordering::SeqCst), calls);
    }
}

#[test]
fn a_known_token_goes_straight_through() {
    let inner = Wary::default();
    let mut service = AuthenticateLayer::new(Scripted::plain()).layer(inner.clone());
    let mut context = Context::from_waker(Waker::noop());
    assert!(Service::<Request<Body>>::poll_ready(&mut service, &mut context).is_ready());
    let mut response = pin!(service.call(request(Some("good"))));
    assert_eq!(
        inner.calls.load(Ordering::SeqCst),
        1,
        "called before the first poll"
    );
    assert!(poll_once(response.as_mut()).is_ready(), "polled once");
}

/// A verifier that asks about the token `slow`, until it is told to stop, and knows the others.
fn slow_for_some(answer: Arc<Notify>) -> impl TokenVerifier {
    verifier_fn(move |credentials, _| {
        let answer = answer.clone();
        async move {
            if credentials.token.as_str() == "slow" {
                answer.notified().await;
            }
            facts(&json!({}), None)
        }
    })
}

#[tokio::test]
async fn a_request_that_waits_for_the_issuer_starves_nobody() {
    let answer = Arc::new(Notify::new());
    let service = ServiceBuilder::new()
        .layer(AuthenticateLayer::new(slow_for_some(answer.clone())))
        .layer(ConcurrencyLimitLayer::new(1))
        .service_fn(greet);
    let mut slow = pin!(service.clone().oneshot(request(Some("slow"))));
    assert!(poll_once(slow.as_mut()).is_pending());

    let mut quick = pin!(service.oneshot(request(Some("good"))));
    let Poll::Ready(Ok(response)) = poll_once(quick.as_mut()) else {
        panic!("the good request waits for the slow one");
    };
    assert_eq!(response.status(), 200);

    answer.notify_one();
    assert_eq!(slow.await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_request_that_asks_live_starves_nobody() {
    let answer = Arc::new(Notify::new());
    let (answered, clock) = (answer.clone(), portcullis::ManualClock::at(0));
    let dated = clock.clone();
    let verifier = verifier_fn(move |_, freshness| {
        let (answered, clock) = (answered.clone(), dated.clone());
        async move {
            let began = portcullis::Clock::monotonic(&clock);
            if freshness == Freshness::Live {
                answered.notified().await;
            }
            facts(&json!({}), Some(began))
        }
    });
    let layer = AuthenticateLayer::new(verifier.with_clock(clock));
    let handler = ConcurrencyLimitLayer::new(1).layer(tower::service_fn(greet));
    let asking = layer.layer(RequireActiveLayer::live().layer(handler.clone()));
    let local = layer.layer(handler);

    let mut asked = pin!(asking.oneshot(request(Some("good"))));
    assert!(poll_once(asked.as_mut()).is_pending());
    assert_eq!(send(local, request(Some("good"))).await.status, 200);
    answer.notify_one();
    assert_eq!(asked.await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_refused_request_gives_its_permit_back() {
    let mut service = ServiceBuilder::new()
        .layer(AuthenticateLayer::new(Scripted::plain()))
        .layer(RequireRole::realm("admin"))
        .layer(ConcurrencyLimitLayer::new(1))
        .service_fn(greet);
    for token in [None, Some("expired"), Some("good"), None] {
        let response = service.ready().await.unwrap().call(request(token));
        assert!(response.await.unwrap().status().is_client_error());
    }
}

#[tokio::test]
async fn a_client_that_goes_away_while_it_waits_leaves_no_trace() {
    let answer = Arc::new(Notify::new());
    let service = ServiceBuilder::new()
        .layer(AuthenticateLayer::new(slow_for_some(answer)))
        .layer(ConcurrencyLimitLayer::new(1))
        .service_fn(greet);
    {
        let mut slow = pin!(service.clone().oneshot(request(Some("slow"))));
        assert!(poll_once(slow.as_mut()).is_pending());
    }
    assert_eq!(send(service, request(Some("good"))).await.status, 200);
}

/// A handler's service may be costly to clone: a request that nobody has to be asked about goes
/// through the one that was made ready.
#[tokio::test]
async fn a_good_request_clones_no_inner_service() {
    #[derive(Debug, Default)]
    struct Counted(Arc<AtomicUsize>);

    impl Clone for Counted {
        fn clone(&self) -> Self {
            self.0.fetch_add(1, Ordering::Relaxed);
            Self(self.0.clone())
        }
    }

    impl Service<Request<()>> for Counted {
        type Response = Response<String>;
        type Error = Infallible;
        type Future = Ready<Result<Response<String>, Infallible>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Request<()>) -> Self::Future {
            ready(Ok(Response::default()))
        }
    }

    let counted = Counted::default();
    let clones = counted.0.clone();
    let layer = AuthenticateLayer::assume(&serde_json::json!({ "scope": "read" })).unwrap();
    let guarded = RequireScope::all(["read"]).unwrap().layer(counted);
    let mut service = layer.render_with(EmptyBody).layer(guarded);
    for _ in 0..10 {
        let response = service.ready().await.unwrap().call(Request::new(())).await;
        assert_eq!(response.unwrap().status(), StatusCode::OK);
    }
    assert_eq!(clones.load(Ordering::Relaxed), 0);
}
