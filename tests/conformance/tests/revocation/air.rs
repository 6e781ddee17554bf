//! An instance without a network, whose calls stay in the air for as long as the test pleases: tokio's
//! time is paused, and passes only where everybody waits for it.

use std::{future::Future, pin::Pin, time::Duration};

use portcullis::{IssuerBuilder, WithCredentials};
use portcullis_conformance::{Instance, Reply, World, notify, pass_start, poll_once};
use portcullis_testing::Session;
use tokio::time::Instant;

use crate::{
    realm_server::RealmServer,
    support::{MINUTE, SECOND},
};

/// A world whose server is [`RealmServer`], with one instance.
pub(crate) struct Air {
    pub(crate) world: World,
    pub(crate) server: RealmServer,
    pub(crate) instance: Instance,
}

impl Air {
    pub(crate) async fn start() -> Self {
        Self::with(|issuer| issuer.introspection_deadline(10 * MINUTE)).await
    }

    pub(crate) async fn with(
        configure: impl FnOnce(IssuerBuilder<WithCredentials>) -> IssuerBuilder<WithCredentials>,
    ) -> Self {
        Self::on(World::start().await, configure).await
    }

    /// On a world that was prepared.
    pub(crate) async fn on(
        world: World,
        configure: impl FnOnce(IssuerBuilder<WithCredentials>) -> IssuerBuilder<WithCredentials>,
    ) -> Self {
        let server = RealmServer::new();
        tokio::time::pause();
        let issuer = server.realm(&world).poll_not_before(60 * MINUTE);
        let instance = Instance::new(configure(issuer)).await;
        instance.begin();
        pass_start(&world);
        Self {
            world,
            server,
            instance,
        }
    }

    /// One more instance, with the same server.
    pub(crate) async fn another(
        &self,
        configure: impl FnOnce(IssuerBuilder<WithCredentials>) -> IssuerBuilder<WithCredentials>,
    ) -> Instance {
        let issuer = self.server.realm(&self.world);
        let issuer = issuer.poll_not_before(60 * MINUTE);
        let instance = Instance::new(configure(issuer)).await;
        instance.begin();
        instance
    }

    /// So many seconds pass, for everybody.
    pub(crate) async fn pass(&self, seconds: u32) {
        for _ in 0..seconds {
            self.world.clock.advance(SECOND);
            tokio::time::sleep(SECOND).await;
        }
    }

    /// What goes on in the background comes as far as it can, and no time passes.
    pub(crate) async fn settle(&self) {
        for _ in 0..200 {
            tokio::task::yield_now().await;
        }
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
