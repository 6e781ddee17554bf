use std::time::Duration;

use axum::Router;
use http::StatusCode;
use portcullis::IssuerBuilder;
use portcullis_conformance::{KeyServer, Recorded, World, get, protected};
use portcullis_testing::{Rotation, SigningAlgorithm, SigningKey};

pub(crate) const MINUTE: Duration = Duration::from_secs(60);

/// A service that verifies here, and everything that it counts.
pub(crate) struct Service {
    pub(crate) world: World,
    pub(crate) keys: KeyServer,
    pub(crate) router: Router,
    recorded: Recorded,
}

impl Service {
    pub(crate) async fn start() -> Self {
        Self::with(|issuer| issuer).await
    }

    /// The same, and a token that it has verified.
    pub(crate) async fn with_verified_token() -> (Self, String) {
        let service = Self::start().await;
        let token = service.token();
        service.admits(&token, 1).await;
        (service, token)
    }

    /// With settings of the test's own.
    pub(crate) async fn with(configure: impl FnOnce(IssuerBuilder) -> IssuerBuilder) -> Self {
        let recorded = Recorded::start();
        let world = World::start().await;
        let _ = world.server.signing_key(SigningAlgorithm::ES256);
        let keys = KeyServer::of(&world, &[]);
        let issuer = configure(keys.realm(&world)).connect().await.unwrap();
        Self {
            router: protected(issuer.jwt()),
            world,
            keys,
            recorded,
        }
    }

    /// A good token that lives for an hour.
    pub(crate) fn token(&self) -> String {
        self.world.server.token().expires_in(60 * MINUTE).jwt()
    }

    /// Signs with another key from now on, and publishes that.
    pub(crate) fn rotate(&self, rotation: Rotation) -> SigningKey {
        let key = self.world.server.rotate(SigningAlgorithm::RS256, rotation);
        self.keys.publish(&self.world, &[]);
        key
    }

    pub(crate) async fn status(&self, token: &str) -> StatusCode {
        get(&self.router, token).await.status
    }

    /// Asserts that the handler is reached, and how many signatures were looked at since the start.
    pub(crate) async fn admits(&self, token: &str, looked_at: usize) {
        assert_eq!(self.status(token).await, StatusCode::OK);
        assert_eq!(self.looked_at(), looked_at);
    }

    pub(crate) async fn refuses(&self, token: &str) {
        assert_eq!(self.status(token).await, StatusCode::UNAUTHORIZED);
    }

    /// How many signatures were looked at.
    pub(crate) fn looked_at(&self) -> usize {
        self.recorded.sum("portcullis_jwt_signatures_total") as usize
    }
}
