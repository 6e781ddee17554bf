use axum::routing::{MethodRouter, get};
use http::{HeaderName, HeaderValue, StatusCode, header};
use portcullis::Readiness;

/// A route for whoever sends this service its requests: whether it can judge tokens, in one word.
///
/// `GET` answers 200 `ready`, 200 `degraded` or 503 `not ready`, and never says why: the route is
/// meant to stand beside the service's own, `/readyz` as a rule, without a token. The reasons are
/// at the [`management_router`](crate::management_router).
///
/// `report` is asked for each request, so it must not block;
/// [`Issuer::readiness`](portcullis::Issuer::readiness) does not. A service of several issuers
/// joins them by [`Readiness::and`].
///
/// ```
/// use axum::Router;
/// use portcullis::Issuer;
/// use portcullis_axum::readiness_route;
///
/// fn routes(issuer: Issuer) -> Router {
///     Router::new().route("/readyz", readiness_route(move || issuer.readiness()))
/// }
/// ```
pub fn readiness_route<S>(
    report: impl Fn() -> Readiness + Clone + Send + Sync + 'static,
) -> MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    get(move || async move {
        let readiness = report();
        (status(&readiness), [NO_STORE], readiness.word())
    })
}

/// A service that judges tokens, well or badly, gets requests; one that cannot gets none.
pub(crate) fn status(readiness: &Readiness) -> StatusCode {
    match readiness {
        Readiness::Ready | Readiness::Degraded(_) => StatusCode::OK,
        Readiness::NotReady(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// What was true a moment ago is not what was asked.
pub(crate) const NO_STORE: (HeaderName, HeaderValue) =
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
