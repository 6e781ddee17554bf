use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use http::{Request, Response, header};
use portcullis::{AuthenticateLayer, CanAsk, Issuer, RequireActiveLayer, StateKeys};
use tower::{Layer, ServiceExt, service_fn, util::BoxCloneSyncService};

use crate::{
    clock::InstanceClock,
    feed::Feed,
    schedule::{Route, Setup},
    server::Server,
    store::Store,
    wire::Wire,
    world::Shared,
};

/// A service that takes tokens.
pub(crate) struct Instance {
    pub(crate) issuer: Issuer<CanAsk>,
}

pub(crate) type Guarded = BoxCloneSyncService<Request<Bytes>, Response<Bytes>, Infallible>;

impl Instance {
    pub(crate) const LEEWAY: Duration = Duration::from_secs(10);
    pub(crate) const KEYS_LIVE: Duration = Duration::from_secs(30);
    pub(crate) const KEYS_STAND_IN: Duration = Duration::from_secs(60);
    /// Longer than whoever plays a schedule is kept waiting by the machine: a call that takes that long by
    /// the time that really passes is given up.
    pub(crate) const DEADLINE: Duration = Duration::from_secs(20);
    /// How long an answer that a token is inactive is repeated.
    pub(crate) const INACTIVE: Duration = Duration::from_secs(5);

    pub(crate) fn start(number: usize, setup: &Setup, world: &Shared) -> Self {
        let wire = Wire {
            instance: number,
            world: world.clone(),
        };
        let clock = InstanceClock {
            clock: world.lock().journal.clock.clone(),
            ahead: setup.ahead[number],
        };
        let mut issuer = Issuer::builder(Server::ISSUER)
            .unwrap()
            .audience(Server::AUDIENCE)
            .client_secret("orders-api", "secret")
            .jwks_uri(Wire::KEYS)
            .introspection_endpoint(Wire::INTROSPECTION)
            .http_client(wire)
            .clock(clock)
            .leeway(Self::LEEWAY)
            .jwks_max_age(Self::KEYS_LIVE)
            .jwks_max_stale(Self::KEYS_STAND_IN)
            .fetch_deadline(Self::DEADLINE)
            .introspection_deadline(Self::DEADLINE)
            .introspection_cache(Duration::from_secs(setup.cache))
            .introspection_cache_bytes(1 << 20)
            .verified_token_cache_bytes(1 << 16);
        if setup.notices {
            issuer = issuer.logout_audiences([Server::FRONT_END]);
        }
        if setup.instances > 1 {
            let keys = StateKeys::from_hex(&"0f".repeat(32)).unwrap();
            let feed = Feed {
                instance: number,
                world: world.clone(),
            };
            issuer = issuer
                .shared_store(Store(world.clone()), &keys)
                .revocation_feed(feed);
        }
        Self {
            issuer: issuer.build().unwrap(),
        }
    }

    /// What stands behind a route.
    pub(crate) fn service(&self, route: Route) -> Guarded {
        let handler = service_fn(async |_: Request<Bytes>| Ok(Response::new(Bytes::new())));
        let (hybrid, asking) = (|| self.issuer.hybrid(), || self.issuer.introspection());
        let authenticate = match route {
            Route::Local => AuthenticateLayer::new(self.issuer.jwt()),
            Route::Hybrid
            | Route::Live { is_hybrid: true }
            | Route::Within {
                is_hybrid: true, ..
            } => AuthenticateLayer::new(hybrid()),
            _ => AuthenticateLayer::new(asking()),
        };
        let active = match route {
            Route::Live { .. } => RequireActiveLayer::live(),
            Route::Within { seconds, .. } => {
                RequireActiveLayer::within(Duration::from_secs(seconds))
            }
            _ => return BoxCloneSyncService::new(authenticate.layer(handler)),
        };
        BoxCloneSyncService::new(authenticate.layer(active.layer(handler)))
    }
}

/// Sends a request with this token through a service.
pub(crate) async fn answer(service: Guarded, token: &str) -> Response<Bytes> {
    let request = Request::builder()
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Bytes::new())
        .unwrap();
    let Ok(response) = service.oneshot(request).await;
    response
}
