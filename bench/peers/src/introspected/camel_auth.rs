//! camel-auth's introspector. Its layers carry the messages of rust-camel and no HTTP, so it is put
//! behind the smallest extractor that takes the token off a request: what it costs here is no more
//! than what it would cost there.

use std::sync::Arc;

use axum::{
    Router,
    extract::FromRequestParts,
    http::{StatusCode, header::AUTHORIZATION, request::Parts},
    routing::get,
};
use camel_api::SsrfPolicy;
use camel_auth::introspection::{
    CachingTokenIntrospector, IntrospectionCacheOptions, IntrospectionResult, TokenIntrospector,
};
use portcullis_bench::{AuthorizationServer, CLIENT, Failure};

struct Introspected(IntrospectionResult);

impl FromRequestParts<Arc<CachingTokenIntrospector>> for Introspected {
    type Rejection = StatusCode;

    async fn from_request_parts(
        parts: &mut Parts,
        introspector: &Arc<CachingTokenIntrospector>,
    ) -> Result<Self, StatusCode> {
        let header = parts.headers.get(AUTHORIZATION);
        let token = header
            .and_then(|header| header.to_str().ok())
            .and_then(|header| header.strip_prefix("Bearer "))
            .ok_or(StatusCode::UNAUTHORIZED)?;
        match introspector.introspect(token).await {
            Ok(answer) if answer.active => Ok(Self(answer)),
            Ok(_) => Err(StatusCode::UNAUTHORIZED),
            Err(_) => Err(StatusCode::SERVICE_UNAVAILABLE),
        }
    }
}

/// The route behind it.
///
/// # Errors
/// When it does not start.
pub async fn router(server: &AuthorizationServer) -> Result<Router, Failure> {
    let introspector = CachingTokenIntrospector::new(
        server.introspection_endpoint(),
        CLIENT.0.into(),
        CLIENT.1.into(),
        IntrospectionCacheOptions::default(),
        SsrfPolicy::AllowInternal,
    )
    .await
    .map_err(|error| error.to_string())?;
    Ok(crate::router_with(get(handler)).with_state(Arc::new(introspector)))
}

async fn handler(Introspected(answer): Introspected) {
    crate::seen(&answer);
}
