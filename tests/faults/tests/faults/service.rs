//! The service of the suite in process.

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
};
use portcullis::{CanAsk, Issuer};
use portcullis_axum::backchannel_logout_route;
use portcullis_faults_suite::{Way, routes};
use tower::ServiceExt;

pub(crate) const OK: StatusCode = StatusCode::OK;
pub(crate) const UNAUTHORIZED: StatusCode = StatusCode::UNAUTHORIZED;
pub(crate) const UNAVAILABLE: StatusCode = StatusCode::SERVICE_UNAVAILABLE;

/// A service, and the issuer that it goes by.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) issuer: Issuer<CanAsk>,
    router: Router,
}

impl Service {
    pub(crate) fn of(issuer: Issuer<CanAsk>) -> Self {
        let router = routes(&issuer);
        Self { issuer, router }
    }

    /// The status that a token gets. An answer of this status has to look like one, too.
    pub(crate) async fn ask(&self, way: Way, token: &str) -> StatusCode {
        let request = Request::get(way.path())
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(Body::empty())
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers());
        let is_challenged = headers.contains_key(header::WWW_AUTHENTICATE);
        assert_eq!(is_challenged, status == UNAUTHORIZED, "{response:?}");
        let comes_back = headers.contains_key(header::RETRY_AFTER);
        assert_eq!(comes_back, status == UNAVAILABLE, "{response:?}");
        status
    }

    /// Asserts that every route lets a token in.
    pub(crate) async fn lets_in(&self, token: &str) {
        for way in Way::ALL {
            assert_eq!(self.ask(way, token).await, OK, "{way:?}");
        }
    }

    /// The route that takes logout tokens.
    pub(crate) fn receiver(&self) -> Router {
        let receiver = self.issuer.logout_receiver().unwrap();
        Router::new().route("/backchannel-logout", backchannel_logout_route(receiver))
    }
}
