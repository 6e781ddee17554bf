use axum::{Json, Router, routing::get};
use http::{HeaderName, HeaderValue, header};
use portcullis::{Cause, Readiness};
use serde::Serialize;

use crate::readiness::{NO_STORE, status};

/// Routes for those who run the service, on a listener of its own that nobody else reaches:
///
/// | route | answer |
/// |---|---|
/// | `GET /readyz` | 200 or 503 as [`readiness_route`](crate::readiness_route), with the reasons: `{"status": "degraded", "causes": [{"code": …, "message": …}]}` |
/// | `GET /metrics` | what `metrics` renders, as Prometheus reads it |
///
/// Neither asks for a token, and neither shows one: codes, fixed sentences and the numbers of
/// [`portcullis::telemetry`] are all there is, beside what else the application counts. The numbers
/// name the issuer by its URL, which tells where the authorization server is: another reason for a
/// listener of its own.
///
/// Both closures are called for each request, so they must not block for long. `/metrics` calls
/// `report` first, so that the gauge `portcullis_readiness` is as new as the numbers around it.
///
/// The [crate's first page](crate#numbers-for-prometheus) shows how `metrics` comes from
/// `metrics-exporter-prometheus`.
///
/// ```
/// use axum::Router;
/// use portcullis::Issuer;
/// use portcullis_axum::management_router;
///
/// fn management(issuer: Issuer, metrics: fn() -> String) -> Router {
///     management_router(move || issuer.readiness(), metrics)
/// }
/// ```
pub fn management_router(
    report: impl Fn() -> Readiness + Clone + Send + Sync + 'static,
    metrics: impl Fn() -> String + Clone + Send + Sync + 'static,
) -> Router {
    let before_metrics = report.clone();
    let readiness = get(move || async move {
        let readiness = report();
        let body = Json(Report::from(&readiness));
        (status(&readiness), [NO_STORE], body)
    });
    let metrics = get(move || async move {
        // Whoever is asked sets the gauge that is read here.
        let _ = before_metrics();
        ([EXPOSITION, NO_STORE], metrics())
    });
    Router::new()
        .route("/readyz", readiness)
        .route("/metrics", metrics)
}

/// Prometheus' text format, in the version that every scraper reads.
const EXPOSITION: (HeaderName, HeaderValue) = (
    header::CONTENT_TYPE,
    HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"),
);

#[derive(Serialize)]
struct Report {
    status: &'static str,
    causes: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    code: &'static str,
    message: String,
}

impl From<&Readiness> for Report {
    fn from(readiness: &Readiness) -> Self {
        let entry = |cause: &Cause| Entry {
            code: cause.code(),
            message: cause.to_string(),
        };
        Self {
            status: readiness.word(),
            causes: readiness.causes().iter().map(entry).collect(),
        }
    }
}
