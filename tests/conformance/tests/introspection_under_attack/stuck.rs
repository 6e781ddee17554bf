//! What was begun on a runtime which then does not run.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::Router;
use http::StatusCode;
use portcullis::HttpError;
use portcullis_conformance::{AnsweringClient, World, get, getting, poll_once, protected};
use tokio::runtime::Runtime;

use crate::support::{PROBE, SECOND, active, inactive};

/// A runtime that runs while it is blocked on, and at no other time.
fn runtime() -> Runtime {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap()
}

#[test]
fn a_call_stuck_on_another_runtime_is_given_up() {
    let running = Runtime::new().unwrap();
    let stuck = runtime();
    let world = running.block_on(World::start());
    let deadline = Duration::from_millis(50);
    let issuer = world.asking().introspection_deadline(deadline);
    let router = protected(issuer.build().unwrap().introspection());
    let token = world.server.token().opaque();

    let entered = stuck.enter();
    let mut abandoned = Box::pin(get(&router, &token));
    assert!(poll_once(&mut abandoned).is_pending());
    drop((entered, abandoned));

    running.block_on(async {
        // Who joins the stuck call hears that it is stuck; who comes after that calls anew.
        get(&router, &token).await.assert_unavailable();
        let mut status = StatusCode::SERVICE_UNAVAILABLE;
        for _ in 0..100 {
            status = get(&router, &token).await.status;
            if status == StatusCode::OK {
                break;
            }
        }
        assert_eq!(status, StatusCode::OK);
    });
}

/// A server without a network, and whoever tried it on a runtime that does not run any more.
struct Tried {
    world: World,
    running: Runtime,
    stuck: Runtime,
    router: Router,
    probes: Arc<AtomicUsize>,
}

/// How often the server is away before it comes back and hangs on a probe, once.
const AWAY: usize = 5;

impl Tried {
    /// The circuit is open, and a trial is under way.
    fn circuit(deadline: Duration) -> Self {
        let calls = AtomicUsize::new(0);
        let tried = Self::new(deadline, move |_| {
            match calls.fetch_add(1, Ordering::SeqCst) {
                0..AWAY => Err(HttpError::Unreachable("refused".to_owned())),
                _ => Ok(()),
            }
        });
        for number in 0..AWAY {
            tried.assert_unavailable(&format!("early-{number}"));
        }
        assert_eq!(tried.probes(), 0);
        tried.world.clock.advance(SECOND);
        tried.get_stuck("stuck");
        tried
    }

    /// A server that fails at what begins with `odd`.
    fn odd_token() -> Self {
        let tried = Self::new(3 * SECOND, |token| match token.starts_with("odd") {
            true => Err(HttpError::ConnectionLost("reset".to_owned())),
            false => Ok(()),
        });
        tried.get_stuck("odd-stuck");
        tried
    }

    /// The first probe hangs; all other calls fail as `failure` says, or are answered at once.
    fn new(
        deadline: Duration,
        failure: impl Fn(&str) -> Result<(), HttpError> + Send + Sync + 'static,
    ) -> Self {
        let running = runtime();
        let world = running.block_on(World::start());
        let (active, probes) = (active(&world), Arc::new(AtomicUsize::new(0)));
        let counter = probes.clone();
        let client = AnsweringClient::new(move |token: String| {
            let is_probe = token == PROBE;
            let hangs = is_probe && counter.fetch_add(1, Ordering::SeqCst) == 0;
            let answer = if is_probe { inactive() } else { active.clone() };
            let answer = failure(&token).map(|()| answer);
            async move {
                if hangs {
                    std::future::pending::<()>().await;
                }
                answer
            }
        });
        let issuer = world.asking().introspection_deadline(deadline);
        let issuer = running.block_on(issuer.http_client(client).connect());
        Self {
            router: protected(issuer.unwrap().introspection()),
            world,
            running,
            stuck: runtime(),
            probes,
        }
    }

    /// A request on the runtime that stops as soon as the server hangs.
    fn get_stuck(&self, token: &str) {
        self.stuck.block_on(async {
            assert!(poll_once(&mut Box::pin(getting(&self.router, token))).is_pending());
            tokio::task::yield_now().await;
        });
        assert_eq!(self.probes(), 1);
    }

    fn probes(&self) -> usize {
        self.probes.load(Ordering::SeqCst)
    }

    fn assert_unavailable(&self, token: &str) {
        let reply = self.running.block_on(get(&self.router, token));
        reply.assert_unavailable();
    }

    fn assert_good(&self, token: &str) {
        let reply = self.running.block_on(get(&self.router, token));
        assert_eq!(reply.status, StatusCode::OK);
    }
}

#[test]
fn a_trial_that_is_stuck_on_another_runtime_is_given_up() {
    // A deadline that has passed whenever it is looked at. What is answered at once keeps it.
    let tried = Tried::circuit(Duration::from_nanos(1));
    tried.assert_good("good");
    assert_eq!(tried.probes(), 2);
}

#[test]
fn a_trial_on_a_runtime_that_is_shut_down_has_failed() {
    let mut tried = Tried::circuit(600 * SECOND);
    tried.assert_unavailable("early");
    drop(std::mem::replace(&mut tried.stuck, runtime()));
    tried.assert_good("good");
    assert_eq!(tried.probes(), 2);
}

/// Whoever asks the probe keeps others from asking it, too: they wait for its answer.
#[test]
fn a_probe_that_is_stuck_on_another_runtime_is_given_up() {
    let tried = Tried::odd_token();
    tried.running.block_on(async { tokio::time::pause() });
    for number in 0..8 {
        tried.world.clock.advance(SECOND);
        tried.assert_unavailable(&format!("odd-{number}"));
        assert_eq!(tried.probes(), 2 + number);
    }
    tried.assert_good("good");
}
