use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Router,
    http::{
        Method, StatusCode,
        header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE},
    },
    middleware::from_fn_with_state,
    routing::{get, post},
};
use portcullis::{
    AuthenticateLayer, AuthorizationHeader, Readiness, RequireRole, TokenExtractor, TokenVerifier,
};
use portcullis_axum::{Claims, RequireActive, readiness_route};
use serde::Deserialize;
use tower_http::{
    cors::CorsLayer, limit::RequestBodyLimitLayer, timeout::TimeoutLayer, trace::TraceLayer,
};

use crate::{
    directory::{Directory, Tenant},
    tenancy::{Hosts, by_host, by_path, issuer_of},
};

/// The whole API; `domain` where tenants have a host each. `readiness` tells whether it is to get requests.
pub(crate) fn router(
    verifier: impl TokenVerifier,
    directory: Arc<Directory>,
    domain: Option<String>,
    readiness: impl Fn() -> Readiness + Clone + Send + Sync + 'static,
) -> Router {
    // The token has to be the tenant's, whatever it says of itself: a JWT of another issuer goes to
    // neither, and an opaque one is shown to the tenant's own server alone.
    let extractor = AuthorizationHeader::default().naming_issuer(issuer_of);
    let protected = Router::new()
        .route("/orders", get(orders))
        .route("/payments", post(pay))
        .route(
            "/admin",
            get(admin).route_layer(RequireRole::realm("admin")),
        )
        .layer(AuthenticateLayer::new(verifier).extractor(extractor));

    // Whose request it is stands further out than whose token it brings.
    let tenants = match domain {
        Some(domain) => {
            let domain = domain.into();
            protected.layer(from_fn_with_state(Hosts { directory, domain }, by_host))
        }
        None => Router::new().nest(
            "/{tenant}",
            protected.layer(from_fn_with_state(directory, by_path)),
        ),
    };

    // Outside in: trace, CORS, limits and timeout, tenant, authentication, guards.
    let traced = tenants
        // It drops the handler wherever it is, so a payment may have been made: 504, never 503,
        // which means "nothing has happened, try again".
        .layer(TimeoutLayer::with_status_code(
            StatusCode::GATEWAY_TIMEOUT,
            Duration::from_secs(10),
        ))
        .layer(RequestBodyLimitLayer::new(64 * 1024))
        // Add `allow_origin` for the pages that may call this API from a browser.
        .layer(
            CorsLayer::new()
                .allow_methods([Method::GET, Method::POST])
                .allow_headers([AUTHORIZATION, CONTENT_TYPE])
                .expose_headers([WWW_AUTHENTICATE]),
        )
        // Portcullis logs each 500 and 503 of its own with the reason; a second line would have
        // none.
        .layer(TraceLayer::new_for_http().on_failure(()));

    // Orchestrators ask these every few seconds: nothing to trace.
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", readiness_route(readiness))
        .merge(traced)
}

/// The claims this API cares for.
#[derive(Deserialize)]
struct Caller {
    sub: String,
}

/// Whatever is kept for a caller is kept under both names: a `sub` is one only at its own issuer.
async fn orders(
    Extension(tenant): Extension<Arc<Tenant>>,
    Claims(caller): Claims<Caller>,
) -> String {
    format!("the orders of {} at {}\n", caller.sub, tenant.name)
}

/// The tenant's server said "active", after this request arrived and before this line runs.
async fn pay(
    Extension(tenant): Extension<Arc<Tenant>>,
    RequireActive(payer): RequireActive<Caller>,
) -> String {
    format!("{} has paid at {}\n", payer.sub, tenant.name)
}

/// An admin of this tenant: the role is read from a token of the tenant's own issuer.
async fn admin(
    Extension(tenant): Extension<Arc<Tenant>>,
    Claims(caller): Claims<Caller>,
) -> String {
    format!("{} is an admin of {}\n", caller.sub, tenant.name)
}
