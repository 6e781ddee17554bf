use std::{convert::Infallible, future::Future, pin::Pin, sync::Arc};

use axum::body::Body;
use http::{Request, Response, StatusCode, header};
use portcullis::{AuthenticateLayer, TokenVerifier};
use tokio::sync::Semaphore;
use tower::{ServiceBuilder, ServiceExt, limit::GlobalConcurrencyLimitLayer};

/// A request for a service that has so many permits: behind the layer it waits for one of them.
pub fn queueing<V: TokenVerifier>(
    verifier: V,
    permits: &Arc<Semaphore>,
    token: &str,
) -> Pin<Box<impl Future<Output = StatusCode> + use<V>>> {
    let limit = GlobalConcurrencyLimitLayer::with_semaphore(permits.clone());
    let service = ServiceBuilder::new()
        .layer(AuthenticateLayer::new(verifier))
        .layer(limit)
        .service_fn(|_: Request<Body>| async { Ok::<_, Infallible>(Response::new(Body::empty())) });
    let request = Request::get("/")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Body::empty())
        .unwrap();
    Box::pin(async { service.oneshot(request).await.unwrap().status() })
}
