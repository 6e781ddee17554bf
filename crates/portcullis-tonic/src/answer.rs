//! What goes back to the layer that renders rejections.

use std::{error::Error, task::Context};

use bytes::Bytes;
use http::{Method, Request, Response, Uri, header};
use portcullis::{GrpcFlavor, Reason, Rejection};
use tonic::{Status, body::Body};

use crate::{
    status::{rejection_in, status},
    streams::Bounds,
};

/// A call that is not to be.
pub(crate) struct Refusal {
    rejection: Rejection,
    is_grpc: bool,
}

impl Refusal {
    pub(crate) fn of<B>(request: &Request<B>, rejection: Rejection) -> Self {
        let content_type = request.headers().get(header::CONTENT_TYPE);
        Self {
            rejection,
            is_grpc: content_type.and_then(GrpcFlavor::named).is_some(),
        }
    }
}

/// A call that is under way, as far as its answer is concerned.
pub(crate) struct Answering {
    bounds: Bounds,
    method: Method,
    uri: Uri,
}

impl Answering {
    pub(crate) fn to<B>(request: &Request<B>, bounds: Bounds) -> Self {
        Self {
            bounds,
            method: request.method().clone(),
            uri: request.uri().clone(),
        }
    }

    pub(crate) fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// Bounds the answer as the call is bound, and hands the rejection over that a method may have
    /// answered with.
    pub(crate) fn answer<B>(
        &mut self,
        mut response: Response<B>,
        cx: &mut Context<'_>,
    ) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let extensions = response.extensions_mut();
        let status = extensions.get::<Status>();
        if let Some(rejection) = status.and_then(rejection_in) {
            extensions.insert(rejection.on_route(&self.method, &self.uri));
        }
        self.bounds.around_response(response, cx)
    }
}

/// A response that says no more than its status; the rejection rides along for the layer. Where that is
/// missing nobody else tells a client of gRPC anything.
pub(crate) fn refused(refusal: Option<Refusal>) -> Response<Body> {
    let Refusal { rejection, is_grpc } = refusal.unwrap_or_else(|| Refusal {
        rejection: Rejection::because(Reason::Internal, "a call was polled after its end"),
        is_grpc: true,
    });
    if rejection.reason() == Reason::LayerMissing && is_grpc {
        return status(rejection).into_http();
    }
    let mut response = Response::new(Body::empty());
    *response.status_mut() = rejection.status();
    response.extensions_mut().insert(rejection);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The status of HTTP, and that of gRPC where there is one.
    fn refusal_of(content_type: &str) -> (u16, Option<String>) {
        let request = Request::post("/").header(header::CONTENT_TYPE, content_type);
        let refusal = Refusal::of(&request.body(()).unwrap(), Reason::LayerMissing.into());
        let response = refused(Some(refusal));
        let status = response.headers().get("grpc-status");
        let status = status.map(|status| status.to_str().unwrap().to_owned());
        (response.status().as_u16(), status)
    }

    #[test]
    fn only_a_client_of_grpc_is_told_in_grpc_that_the_layer_is_missing() {
        let told = (200, Some("13".to_owned()));
        for content_type in [
            "application/grpc",
            "Application/GRPC+proto",
            "application/grpc-web-text",
        ] {
            assert_eq!(refusal_of(content_type), told, "{content_type}");
        }
        for content_type in ["application/grpcish", "application/json", ""] {
            assert_eq!(refusal_of(content_type), (500, None), "{content_type}");
        }
    }
}
