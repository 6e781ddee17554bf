use std::{error::Error, sync::Arc};

use http::{HeaderMap, HeaderName, HeaderValue, header};
use portcullis::{Rejection, VerifiedToken};
use tonic::{Code, Status, metadata::MetadataMap};

/// A rejection as a status of gRPC: 16 `UNAUTHENTICATED`, 7 `PERMISSION_DENIED`, 14 `UNAVAILABLE` with
/// `grpc-retry-pushback-ms`, or 13 `INTERNAL`, and the sentence that a client may read.
///
/// A function and no `From`, since neither type is of this crate:
/// `token.require(RequireRole::realm("clerk")).map_err(status)?`.
///
/// The line for the log is written here. A [`MethodsLayer`](crate::MethodsLayer) or
/// [`EndWithTokenLayer`](crate::EndWithTokenLayer) on the way out hands the rejection to the
/// `AuthenticateLayer`, which adds the challenges and counts it.
#[must_use]
pub fn status(rejection: Rejection) -> Status {
    with_headers(rejection, HeaderMap::new())
}

/// The same with the challenges of the layer that has let this token in.
pub(crate) fn challenging(rejection: Rejection, token: &VerifiedToken) -> Status {
    let mut headers = HeaderMap::new();
    for challenge in token.challenges(&rejection) {
        headers.append(header::WWW_AUTHENTICATE, challenge);
    }
    with_headers(rejection, headers)
}

fn with_headers(rejection: Rejection, mut headers: HeaderMap) -> Status {
    if let Some(wait) = rejection.retry_after() {
        let milliseconds = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        let pushback = HeaderName::from_static("grpc-retry-pushback-ms");
        headers.insert(pushback, HeaderValue::from(milliseconds));
    }
    let code = Code::from_i32(rejection.grpc_code().into());
    let metadata = MetadataMap::from_headers(headers);
    let mut status = Status::with_metadata(code, rejection.description(), metadata);
    status.set_source(Arc::new(rejection.logged()));
    status
}

/// The rejection that a status was made of. Those that have come through a body are wrapped.
pub(crate) fn rejection_in(status: &Status) -> Option<Rejection> {
    let mut cause: Option<&dyn Error> = status.source();
    while let Some(error) = cause {
        if let Some(rejection) = error.downcast_ref::<Rejection>() {
            return Some(rejection.clone());
        }
        cause = error.source();
    }
    None
}
