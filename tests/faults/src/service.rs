//! A service with a route for each way of knowing.

use axum::{Router, routing::get};
use portcullis::{AuthenticateLayer, CanAsk, Issuer, RequireActiveLayer};

/// How a token is judged, which is also the route it is judged so at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Way {
    /// By the issuer's keys alone.
    Local,
    /// By what the issuer said of it not long ago.
    Cached,
    /// By the issuer's keys, and asked about in the background where that is configured.
    Hybrid,
    /// By what the issuer says of it now.
    Live,
}

impl Way {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Local, Self::Cached, Self::Hybrid, Self::Live];

    /// The path of its route.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Local => "/local",
            Self::Cached => "/cached",
            Self::Hybrid => "/hybrid",
            Self::Live => "/live",
        }
    }

    /// Its name, as in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.path().trim_start_matches('/')
    }
}

/// A route for each [`Way`], all of them by one issuer. Each answers 200 with nothing.
pub fn routes(issuer: &Issuer<CanAsk>) -> Router {
    let route = |way: Way| Router::new().route(way.path(), get(async || {}));
    let local = route(Way::Local).layer(AuthenticateLayer::new(issuer.jwt()));
    let cached = route(Way::Cached).layer(AuthenticateLayer::new(issuer.introspection()));
    let hybrid = route(Way::Hybrid).layer(AuthenticateLayer::new(issuer.hybrid()));
    let live = route(Way::Live)
        .route_layer(RequireActiveLayer::live())
        .layer(AuthenticateLayer::new(issuer.hybrid()));
    local.merge(cached).merge(hybrid).merge(live)
}
