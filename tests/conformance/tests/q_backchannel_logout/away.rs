//! A service that cannot have its issuer's keys.

use std::time::Duration;

use axum::Router;
use http::StatusCode;
use portcullis::{Issuer, IssuerBuilder, RevocationSet};
use portcullis_axum::backchannel_logout_route;
use portcullis_conformance::{FRONT_END, KeyServer, World, notify, pass_start};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// A service whose keys come from a server without a network, which does not answer yet. From here
/// on tokio's time is paused: whoever waits for the next attempt, waits for nobody.
pub(crate) struct Away {
    pub(crate) world: World,
    pub(crate) keys: KeyServer,
    pub(crate) issuer: Issuer,
    pub(crate) receiver: Router,
}

impl Away {
    pub(crate) async fn start() -> Self {
        Self::with(|issuer| issuer).await
    }

    /// The same with settings of the test's own.
    pub(crate) async fn with(configure: impl FnOnce(IssuerBuilder) -> IssuerBuilder) -> Self {
        let world = World::start().await;
        let keys = KeyServer::of(&world, &[]);
        keys.answer(StatusCode::INTERNAL_SERVER_ERROR, &[], "");
        let issuer = keys.realm(&world).logout_audiences([FRONT_END]);
        // Its document has nothing to do with keys.
        let issuer = configure(issuer).poll_not_before(3600 * SECOND);
        let issuer = issuer.build().unwrap();
        let _ = issuer.revocations().complete_since();
        pass_start(&world);
        let route = backchannel_logout_route(issuer.logout_receiver().unwrap());
        tokio::time::pause();
        Self {
            receiver: Router::new().route("/backchannel-logout", route),
            world,
            keys,
            issuer,
        }
    }

    pub(crate) async fn parks(&self, logout_token: &str) {
        let reply = notify(&self.receiver, logout_token).await;
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    }

    pub(crate) fn revocations(&self) -> &RevocationSet {
        self.issuer.revocations()
    }

    /// Time passes, a second at a time, and whoever waits for it gets to do something.
    pub(crate) async fn pass(&self, seconds: u32) {
        for _ in 0..seconds {
            self.world.clock.advance(SECOND);
            tokio::time::sleep(SECOND).await;
        }
    }
}
