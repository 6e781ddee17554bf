//! The routes that the page calls: one for each way of verifying.

use std::time::Duration;

use axum::{Router, routing::get};
use portcullis::{
    AuthenticateLayer, CanAsk, Issuer, IssuerBuilder, Realm, RequireActiveLayer, TokenVerifier,
    WithCredentials,
};
use portcullis_axum::{Token, backchannel_logout_route};
use serde::{Deserialize, Serialize};

use super::{
    super::DemoError,
    Api,
    counted::{CallCounter, CountedClient},
    notices::TakenNotices,
};

/// For how long the cached route lives on an answer, and how often the hybrid one asks again in the
/// background. Short, so that the end of both can be watched.
const WINDOW: Duration = Duration::from_secs(10);

/// Where the hybrid route is told of logouts.
pub(in super::super) const NOTICES: &str = "/hybrid/backchannel-logout";

/// A way of verifying, and the route that is protected by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Way {
    /// Signature and claims, here: nobody is asked.
    Local,
    /// The same, told of logouts, and asked about again in the background.
    Hybrid,
    /// The server is asked, and its answers are kept for a while.
    Cached,
    /// The server is asked on every request.
    Live,
}

impl Way {
    pub(super) const ALL: [Self; 4] = [Self::Local, Self::Hybrid, Self::Cached, Self::Live];

    /// The path of its route.
    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Local => "/local/orders",
            Self::Hybrid => "/hybrid/orders",
            Self::Cached => "/cached/orders",
            Self::Live => "/live/orders",
        }
    }
}

/// The API, and whose tokens it takes.
pub(super) struct Service<'a> {
    pub(super) issuer: &'a str,
    pub(super) api: Api<'a>,
}

impl Service<'_> {
    /// The four routes. Each has an issuer of its own: none profits from what another has learned, and
    /// what it costs is its own.
    pub(super) async fn routes(
        &self,
        counters: &Counters,
        notices: &TakenNotices,
    ) -> Result<Router, DemoError> {
        let local = self.realm(&counters.local)?.connect().await?;
        let hybrid = self
            .asking(&counters.hybrid, |realm| {
                realm
                    .logout_audiences([self.api.front_end])
                    .recheck_every(WINDOW)
            })
            .await?;
        // Who asks first begins the count of what it is told; that shall be nobody's request.
        let _ = hybrid.revocations().complete_since();
        let cached = self
            .asking(&counters.cached, |realm| realm.introspection_cache(WINDOW))
            .await?;
        let live = self.asking(&counters.live, |realm| realm).await?;
        let receiver = backchannel_logout_route(hybrid.logout_receiver()?);
        Ok(Router::new()
            .merge(route(Way::Local, local.jwt()))
            .merge(route(Way::Hybrid, hybrid.hybrid()))
            .merge(route(Way::Cached, cached.introspection()))
            .merge(route(Way::Live, live.hybrid()))
            // Beside the layers: a logout token is no bearer token.
            .route(NOTICES, notices.counted(receiver)))
    }

    fn realm(&self, calls: &CallCounter) -> Result<IssuerBuilder, DemoError> {
        let realm = Realm::new(self.issuer)?.audience(self.api.audience);
        Ok(realm.http_client(CountedClient::new(calls)?))
    }

    async fn asking(
        &self,
        calls: &CallCounter,
        settings: impl FnOnce(IssuerBuilder<WithCredentials>) -> IssuerBuilder<WithCredentials>,
    ) -> Result<Issuer<CanAsk>, DemoError> {
        let realm = self.realm(calls)?;
        let realm = realm.client_secret(self.api.client_id, self.api.client_secret);
        Ok(settings(realm).connect().await?)
    }
}

/// The calls of each route to the authorization server.
#[derive(Debug, Clone, Default)]
pub(super) struct Counters {
    local: CallCounter,
    hybrid: CallCounter,
    cached: CallCounter,
    live: CallCounter,
}

impl Counters {
    pub(super) const fn of(&self, way: Way) -> &CallCounter {
        match way {
            Way::Local => &self.local,
            Way::Hybrid => &self.hybrid,
            Way::Cached => &self.cached,
            Way::Live => &self.live,
        }
    }
}

/// A route that is protected in this way by this verifier.
fn route(way: Way, verifier: impl TokenVerifier) -> Router {
    let route = Router::new().route(way.path(), get(orders));
    let route = match way {
        Way::Live => route.route_layer(RequireActiveLayer::live()),
        Way::Local | Way::Hybrid | Way::Cached => route,
    };
    route.route_layer(AuthenticateLayer::new(verifier))
}

async fn orders(token: Token) -> String {
    match &token.facts().registered().sub {
        Some(user) => format!("the orders of {user}"),
        None => "orders, and the token does not say whose".to_owned(),
    }
}
