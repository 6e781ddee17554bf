//! A service that is told of cut-offs, and what Keycloak posts to it.

use axum::{Router, body::Body};
use http::{Request, StatusCode, header};
use portcullis::{IssuerBuilder, NotBeforeReceiver, WithCredentials};
use portcullis_axum::not_before_router;
use portcullis_conformance::{FRONT_END, Instance, Reply, World, pass_start, send};
use portcullis_testing::AdminMessageBuilder;

use crate::realm_server::RealmServer;

/// An instance of a service that is told of cut-offs, and asks for them; time is paused.
pub(crate) struct CutOffs {
    pub(crate) world: World,
    pub(crate) realm: RealmServer,
    pub(crate) instance: Instance,
    pub(crate) admin: Router,
}

impl CutOffs {
    pub(crate) async fn start() -> Self {
        Self::with(|issuer| issuer).await
    }

    pub(crate) async fn with(
        configure: impl FnOnce(IssuerBuilder<WithCredentials>) -> IssuerBuilder<WithCredentials>,
    ) -> Self {
        let world = World::start().await;
        let realm = RealmServer::new();
        tokio::time::pause();
        let instance = Instance::new(configure(realm.realm(&world))).await;
        instance.begin();
        pass_start(&world);
        Self {
            admin: admin(&instance),
            world,
            realm,
            instance,
        }
    }

    /// Now, in seconds, and so many more.
    pub(crate) fn now_and(&self, seconds: u64) -> u64 {
        let now = self.world.clock.system_time();
        let since_epoch = now.duration_since(std::time::UNIX_EPOCH);
        since_epoch.unwrap().as_secs() + seconds
    }

    /// A message to the front end that a cut-off has moved there, which the server has not done.
    pub(crate) fn message(&self, not_before: u64) -> AdminMessageBuilder {
        let message = self.world.server.not_before_message(FRONT_END);
        message.claim("notBefore", not_before)
    }

    pub(crate) async fn push(&self, message: AdminMessageBuilder) -> StatusCode {
        push(&self.admin, message).await.status
    }
}

/// The routes at the admin URL of a client.
pub(crate) fn admin(instance: &Instance) -> Router {
    let receiver: NotBeforeReceiver = instance.issuer.not_before_receiver().unwrap();
    Router::new().nest("/keycloak", not_before_router(receiver))
}

/// Posts a message, as Keycloak does.
pub(crate) async fn push(admin: &Router, message: AdminMessageBuilder) -> Reply {
    let request = Request::post("/keycloak/k_push_not_before")
        .header(header::CONTENT_TYPE, "text/plain")
        .body(Body::from(message.jwt()))
        .unwrap();
    send(admin, request).await
}
