//! zitadel, with its own cache.

use axum::{Router, extract::FromRef, routing::get};
use portcullis_bench::{AuthorizationServer, CLIENT, Failure};
use zitadel::{
    axum::introspection::{IntrospectedUser, IntrospectionState, IntrospectionStateBuilder},
    oidc::introspection::cache::in_memory::InMemoryIntrospectionCache,
};

#[derive(Clone)]
struct AppState {
    introspection: IntrospectionState,
}

impl FromRef<AppState> for IntrospectionState {
    fn from_ref(state: &AppState) -> Self {
        state.introspection.clone()
    }
}

/// The route behind it.
///
/// # Errors
/// When it does not start.
pub async fn router(server: &AuthorizationServer) -> Result<Router, Failure> {
    let introspection = IntrospectionStateBuilder::new(&server.issuer())
        .with_basic_auth(CLIENT.0, CLIENT.1)
        .with_introspection_cache(InMemoryIntrospectionCache::new())
        .build()
        .await
        .map_err(|error| error.to_string())?;
    Ok(crate::router_with(get(handler)).with_state(AppState { introspection }))
}

async fn handler(user: IntrospectedUser) {
    crate::seen(&user);
}
