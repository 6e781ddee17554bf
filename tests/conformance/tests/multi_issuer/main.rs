//! Several issuers behind one layer.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod isolation;
mod live;
mod selection;
mod tenants;

use axum::{Router, body::Body};
use http::Request;
use portcullis::{CanAsk, Issuer, MultiIssuerBuilder, MultiIssuerVerifier};
use portcullis_conformance::{Reply, World, get, protected, send};
use portcullis_testing::Endpoint;

/// Two authorization servers and their issuers.
struct Two {
    one: World,
    other: World,
    issuers: (Issuer<CanAsk>, Issuer<CanAsk>),
}

impl Two {
    async fn start() -> Self {
        let (one, other) = (World::start().await, World::start().await);
        let issuers = (
            one.asking().connect().await.unwrap(),
            other
                .asking()
                .clock(one.clock.clone())
                .connect()
                .await
                .unwrap(),
        );
        one.server.clear_requests();
        other.server.clear_requests();
        Self {
            one,
            other,
            issuers,
        }
    }

    fn router(
        &self,
        configure: impl FnOnce(
            MultiIssuerBuilder,
            &Issuer<CanAsk>,
            &Issuer<CanAsk>,
        ) -> MultiIssuerBuilder,
    ) -> Router {
        let (one, other) = &self.issuers;
        let builder = configure(MultiIssuerVerifier::builder(), one, other);
        protected(builder.build().unwrap())
    }

    /// How often each was asked about tokens.
    fn calls(&self) -> (usize, usize) {
        (self.one.calls(), self.other.calls())
    }

    /// How often each was asked anything.
    fn requests(&self) -> (usize, usize) {
        let count = |world: &World| world.server.total_request_count();
        (count(&self.one), count(&self.other))
    }
}

async fn active(router: &Router, token: &str) -> Reply {
    let request = Request::post("/active")
        .header("authorization", format!("Bearer {token}"))
        .body(Body::empty())
        .unwrap();
    send(router, request).await
}

async fn status(router: &Router, token: &str) -> u16 {
    get(router, token).await.status.as_u16()
}

fn introspections(world: &World) -> usize {
    world.server.request_count(Endpoint::Introspection)
}
