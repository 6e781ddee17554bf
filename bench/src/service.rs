use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tower::{Service, service_fn};

/// The body of every request and response here.
pub type Body = Full<Bytes>;

/// The service at the centre of every case: it answers 200 and nothing more.
pub fn bare() -> impl Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone
{
    service_fn(async |_request: Request<Body>| Ok(Response::new(Body::default())))
}
