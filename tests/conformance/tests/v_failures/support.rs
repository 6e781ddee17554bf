//! The three ways in which a request can hang on introspection, each with a token of its own.

use std::time::Duration;

use axum::Router;
use http::StatusCode;
use portcullis::{IssuerBuilder, WithCredentials};
use portcullis_conformance::{Reply, World, get, post_active, protected};
use portcullis_testing::{Endpoint, Fault};

/// Longer than anything that was learned of the server's state stands.
pub(crate) const COOL_DOWN: Duration = Duration::from_secs(6);

/// A deadline for servers that never come to an end.
pub(crate) const SHORT: Duration = Duration::from_millis(200);

/// Every token introspected, an opaque one by the hybrid verifier, a JWT asked about live. One
/// issuer serves them all.
pub(crate) struct Ways {
    every: (Router, String),
    opaque: (Router, String),
    live: (Router, String),
}

impl Ways {
    pub(crate) async fn of(world: &World) -> Self {
        Self::with(world, |issuer| issuer).await
    }

    /// With settings of the test's own. Keys and metadata are there already, so that what goes
    /// wrong goes wrong with introspection.
    pub(crate) async fn with(
        world: &World,
        settings: impl FnOnce(IssuerBuilder<WithCredentials>) -> IssuerBuilder<WithCredentials>,
    ) -> Self {
        let issuer = settings(world.asking()).connect().await.unwrap();
        let token = || world.server.token();
        Self {
            every: (protected(issuer.introspection()), token().opaque()),
            opaque: (protected(issuer.hybrid()), token().opaque()),
            live: (protected(issuer.hybrid()), token().jwt()),
        }
    }

    /// One reply in each way.
    pub(crate) async fn replies(&self) -> [(&'static str, Reply); 3] {
        let ((every, first), (opaque, second)) = (&self.every, &self.opaque);
        let (live, third) = &self.live;
        [
            ("introspection", get(every, first).await),
            ("hybrid, opaque", get(opaque, second).await),
            ("hybrid, live", post_active(live, third).await),
        ]
    }

    /// What the issuer cannot answer, its keys still can: a JWT on a route that does not ask.
    pub(crate) async fn local(&self) -> Reply {
        get(&self.live.0, &self.live.1).await
    }

    pub(crate) async fn assert_good(&self, case: &str) {
        for (way, reply) in self.replies().await {
            assert_eq!(reply.status, StatusCode::OK, "{case}: {way}");
        }
    }

    /// Asserts 503 in each way, with this `Retry-After` if one is given.
    pub(crate) async fn assert_unavailable(&self, case: &str, wait: Option<u64>) {
        for (way, reply) in self.replies().await {
            let status = reply.status;
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{case}: {way}");
            reply.assert_unavailable();
            if let Some(wait) = wait {
                assert_eq!(reply.retry_after(), Some(wait), "{case}: {way}");
            }
        }
    }

    /// Asserts 500 in each way.
    pub(crate) async fn assert_misconfigured(&self, case: &str) {
        for (way, reply) in self.replies().await {
            let status = reply.status;
            assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{case}: {way}");
            assert_eq!(reply.retry_after(), None, "{case}: {way}");
            assert!(reply.challenge().is_none(), "{case}: {way}");
        }
    }
}

/// Asserts that a fault of the introspection endpoint is 503 in each way while routes that do
/// not ask go on, and that nothing of it is kept.
pub(crate) async fn assert_fault_is_503(
    world: &World,
    settings: impl FnOnce(IssuerBuilder<WithCredentials>) -> IssuerBuilder<WithCredentials>,
    case: &str,
    fault: Fault,
) {
    let ways = Ways::with(world, settings).await;
    world.server.inject(Endpoint::Introspection, fault);
    ways.assert_unavailable(case, None).await;
    assert_eq!(ways.local().await.status, StatusCode::OK, "{case}");
    world.server.clear_faults(Endpoint::Introspection);
    world.clock.advance(COOL_DOWN);
}
