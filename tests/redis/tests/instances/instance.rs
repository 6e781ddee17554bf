use std::{
    future::Future,
    sync::{
        Arc,
        mpsc::{Sender, channel},
    },
};

use axum::Router;
use http::StatusCode;
use portcullis::{
    CanAsk, Issuer, IssuerBuilder, NoticeReceipt, Readiness, StateKeys, Timestamp, WithCredentials,
};
use portcullis_conformance::{get, post_active, protected};
use portcullis_redis::RedisState;
use tokio::{
    runtime::{Builder, Runtime},
    task::JoinHandle,
};

/// One instance of the service, on a thread of its own: it can be stalled, or die.
pub(crate) struct Instance {
    runtime: Option<Runtime>,
    pub(crate) issuer: Arc<Issuer<CanAsk>>,
    pub(crate) redis: RedisState,
    router: Router,
}

/// A stalled instance goes on once this is dropped.
pub(crate) struct Stall {
    _end: Sender<()>,
}

impl Instance {
    /// An instance that shares its state at this address.
    pub(crate) fn start(
        issuer: IssuerBuilder<WithCredentials>,
        url: &str,
        keys: &StateKeys,
    ) -> Self {
        let redis = RedisState::new(url, keys).unwrap();
        Self::over(issuer, &redis, keys)
    }

    /// The same with a state that others in the same process may have, too.
    pub(crate) fn over(
        issuer: IssuerBuilder<WithCredentials>,
        redis: &RedisState,
        keys: &StateKeys,
    ) -> Self {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let issuer = issuer
            .logout_audiences(["test-app"])
            .shared_store(redis.clone(), keys)
            .revocation_feed(redis.clone())
            .build()
            .unwrap();
        Self {
            runtime: Some(runtime),
            router: protected(issuer.hybrid()),
            issuer: Arc::new(issuer),
            redis: redis.clone(),
        }
    }

    /// The status of the locally verified route.
    pub(crate) async fn get(&self, token: &str) -> StatusCode {
        let (router, token) = (self.router.clone(), token.to_owned());
        self.run(async move { get(&router, &token).await.status })
            .await
    }

    /// The status of the route that asks the server.
    pub(crate) async fn post_active(&self, token: &str) -> StatusCode {
        let (router, token) = (self.router.clone(), token.to_owned());
        self.run(async move { post_active(&router, &token).await.status })
            .await
    }

    /// The same of a request that may have to wait.
    pub(crate) fn posting_active(&self, token: &str) -> JoinHandle<StatusCode> {
        let (router, token) = (self.router.clone(), token.to_owned());
        self.runtime()
            .spawn(async move { post_active(&router, &token).await.status })
    }

    /// Gives it a logout token.
    pub(crate) async fn receive(&self, logout_token: String) {
        let receiver = self.issuer.logout_receiver().unwrap();
        let receipt = self.run(async move { receiver.receive(&logout_token).await });
        assert_eq!(receipt.await, NoticeReceipt::Taken);
    }

    pub(crate) fn complete_since(&self) -> Timestamp {
        self.issuer.revocations().complete_since().unwrap()
    }

    pub(crate) fn readiness(&self) -> Readiness {
        self.issuer.readiness()
    }

    /// How much it knows to be over.
    pub(crate) fn known(&self) -> usize {
        self.issuer.revocations().len()
    }

    /// Stops it in the middle of what it does: it neither reads nor writes.
    pub(crate) async fn stall(&self) -> Stall {
        let (stall, end) = channel();
        let (stalled, begins) = tokio::sync::oneshot::channel();
        self.runtime().spawn(async move {
            stalled.send(()).unwrap();
            // An error is how it ends.
            let _: Result<(), _> = end.recv();
        });
        begins.await.unwrap();
        Stall { _end: stall }
    }

    /// Says farewell.
    pub(crate) async fn close(&self) {
        let redis = self.redis.clone();
        self.run(async move { redis.close().await }).await;
    }

    /// Runs something where the instance runs.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> T {
        self.runtime().spawn(work).await.unwrap()
    }

    fn runtime(&self) -> &Runtime {
        self.runtime.as_ref().unwrap()
    }
}

/// It dies without a word.
impl Drop for Instance {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
