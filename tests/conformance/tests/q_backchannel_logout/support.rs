//! A service that is told, and what it makes of a logout token.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::StatusCode;
use portcullis::{IssuerBuilder, WithCredentials};
use portcullis_conformance::{Instance, World, get, notify};
use portcullis_testing::LogoutTokenBuilder;

/// A service with one instance.
pub(crate) struct Told {
    pub(crate) world: World,
    pub(crate) instance: Instance,
}

impl Told {
    pub(crate) async fn start() -> Self {
        Self::with(|issuer| issuer).await
    }

    pub(crate) async fn with(
        configure: impl FnOnce(IssuerBuilder<WithCredentials>) -> IssuerBuilder<WithCredentials>,
    ) -> Self {
        let world = World::start().await;
        let instance = Instance::with(&world, configure(world.told())).await;
        Self { world, instance }
    }

    /// Asserts that a logout token is taken, and that the token of its session is over.
    pub(crate) async fn takes(
        &self,
        change: impl FnOnce(LogoutTokenBuilder) -> LogoutTokenBuilder,
        case: &str,
    ) {
        let session = self.world.server.login("alice");
        let token = session.token().jwt();
        assert_eq!(self.status_of(&token).await, StatusCode::OK, "{case}");
        let status = self.tell(&change(session.logout_token()).jwt()).await;
        assert_eq!(status, StatusCode::OK, "{case}");
        let status = self.status_of(&token).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{case}");
    }

    /// Asserts that a logout token is refused, and that it changes nothing.
    pub(crate) async fn refuses(
        &self,
        change: impl FnOnce(LogoutTokenBuilder) -> LogoutTokenBuilder,
        case: &str,
    ) {
        let session = self.world.server.login("alice");
        let token = session.token().jwt();
        let known = self.instance.issuer.revocations().len();
        let status = self.tell(&change(session.logout_token()).jwt()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{case}");
        assert_eq!(self.instance.issuer.revocations().len(), known, "{case}");
        assert_eq!(self.status_of(&token).await, StatusCode::OK, "{case}");
    }

    pub(crate) async fn tell(&self, logout_token: &str) -> StatusCode {
        notify(&self.instance.receiver, logout_token).await.status
    }

    /// What a token gets where it is verified locally.
    pub(crate) async fn status_of(&self, token: &str) -> StatusCode {
        get(&self.instance.hybrid, token).await.status
    }

    /// So many seconds from now, or before now.
    pub(crate) fn at(&self, seconds: i64) -> SystemTime {
        let now = self.world.clock.system_time();
        let offset = Duration::from_secs(seconds.unsigned_abs());
        if seconds < 0 {
            now - offset
        } else {
            now + offset
        }
    }

    /// The same as a claim says it.
    pub(crate) fn date(&self, seconds: i64) -> u64 {
        let since_epoch = self.at(seconds).duration_since(UNIX_EPOCH);
        since_epoch.unwrap().as_secs()
    }
}
