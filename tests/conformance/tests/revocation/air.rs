//! Calls that stay in the air for as long as the test pleases, without a network: tokio's time is
//! paused, and passes only where everybody waits for it.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use portcullis::{HttpError, IssuerBuilder, WithCredentials};
use portcullis_conformance::{
    AUDIENCE, AnsweringClient, Instance, Reply, T0, World, notify, pass_start, poll_once,
};
use portcullis_testing::{Endpoint, Session};
use serde_json::{Value, json};
use tokio::{sync::Semaphore, time::Instant};

use crate::support::MINUTE;

/// An instance whose calls end when the gate is opened.
pub(crate) struct Air {
    pub(crate) world: World,
    pub(crate) instance: Instance,
    gate: Arc<Semaphore>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Air {
    pub(crate) async fn start() -> Self {
        Self::with(|issuer| issuer).await
    }

    pub(crate) async fn with(
        configure: impl FnOnce(IssuerBuilder<WithCredentials>) -> IssuerBuilder<WithCredentials>,
    ) -> Self {
        let world = World::start().await;
        let gate = Arc::new(Semaphore::new(Semaphore::MAX_PERMITS / 2));
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let active = json!({
            "active": true, "iss": world.server.issuer(), "aud": AUDIENCE, "exp": T0 + 86_400,
        });
        let client = {
            let (gate, asked) = (gate.clone(), asked.clone());
            AnsweringClient::new(move |token: String| {
                asked.lock().unwrap().push(token);
                let (gate, active) = (gate.clone(), active.clone());
                async move {
                    drop(gate.acquire().await);
                    Ok::<Value, HttpError>(active)
                }
            })
        };
        let issuer = world
            .told()
            .http_client(client)
            .introspection_endpoint(world.server.url(Endpoint::Introspection))
            .introspection_deadline(10 * MINUTE)
            .poll_not_before(60 * MINUTE);
        let instance = Instance::new(configure(issuer)).await;
        instance.begin();
        pass_start(&world);
        tokio::time::pause();
        Self {
            world,
            instance,
            gate,
            asked,
        }
    }

    /// Keeps every call in the air from now on.
    pub(crate) fn close(&self) {
        self.gate.forget_permits(Semaphore::MAX_PERMITS);
    }

    /// Lets all calls end, now and from now on.
    pub(crate) fn open(&self) {
        self.gate.add_permits(Semaphore::MAX_PERMITS / 2);
    }

    /// How often the server was asked.
    pub(crate) fn calls(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    /// The notice about a session, on its way.
    pub(crate) fn notice(&self, session: &Session) -> Pending {
        self.sent(session.logout_token().jwt())
    }

    pub(crate) fn sent(&self, logout_token: String) -> Pending {
        let receiver = self.instance.receiver.clone();
        let answer = async move { notify(&receiver, &logout_token).await };
        Pending {
            answer: Box::pin(answer),
            began: Instant::now(),
        }
    }
}

/// A notice that may have to wait for its answer.
pub(crate) struct Pending {
    answer: Pin<Box<dyn Future<Output = Reply> + Send>>,
    began: Instant,
}

impl Pending {
    /// Asserts that it is not answered before time passes, whatever else goes on.
    pub(crate) async fn waits(&mut self) {
        for _ in 0..100 {
            let mut answer = Box::pin(&mut self.answer);
            assert!(poll_once(&mut answer).is_pending(), "it waited for nothing");
            tokio::task::yield_now().await;
        }
    }

    /// How long the answer took, which is a good one.
    pub(crate) async fn answered(self) -> Duration {
        let reply = self.answer.await;
        assert_eq!(reply.status, http::StatusCode::OK, "{reply:?}");
        self.began.elapsed()
    }
}
