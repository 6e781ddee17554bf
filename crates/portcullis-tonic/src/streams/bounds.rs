use std::{error::Error, task::Context, time::Duration};

use bytes::Bytes;
use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use http::{Request, Response};
use portcullis::{Rejection, VerifiedToken};
use tonic::body::Body;

use super::{direction::Direction, input::Input, output::Output, web::Trailing};

/// What a stream ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StreamEnd {
    /// With nothing but itself.
    ByItself,
    /// With its token.
    WithToken,
    /// With its token, or when the server has not called that active for so long.
    UnlessActiveWithin(Duration),
}

/// The end of a token, waited for by both directions of a call. Nothing is done for it until one of them
/// turns out to be a stream.
pub(super) type End = Shared<BoxFuture<'static, Rejection>>;

/// What bounds a call.
#[derive(Clone, Default)]
pub(crate) struct Bounds(Option<Bound>);

#[derive(Clone)]
struct Bound {
    token: VerifiedToken,
    end: End,
}

impl Bounds {
    pub(crate) fn of(token: &VerifiedToken, end: StreamEnd) -> Self {
        let end = match end {
            StreamEnd::ByItself => return Self(None),
            StreamEnd::WithToken => token.ended().boxed(),
            StreamEnd::UnlessActiveWithin(age) => token.ended_within(age).boxed(),
        };
        Self(Some(Bound {
            token: token.clone(),
            end: end.shared(),
        }))
    }

    /// The method reads no further once the token is over.
    pub(crate) fn around_request<B>(&self, request: Request<B>) -> Request<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        request.map(|body| match self.0.clone() {
            Some(Bound { token, end }) => {
                let direction = Direction::new(Body::new(body), Trailing::Trailers, token, end);
                Body::new(Input::new(direction))
            }
            None => Body::new(body),
        })
    }

    /// The client is told that it is.
    pub(crate) fn around_response<B>(
        &self,
        response: Response<B>,
        cx: &mut Context<'_>,
    ) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let trailing = Trailing::of(response.headers());
        response.map(|body| match self.0.clone() {
            Some(Bound { token, end }) => {
                let direction = Direction::new(Body::new(body), trailing, token, end);
                Body::new(Output::new(direction, trailing, cx))
            }
            None => Body::new(body),
        })
    }
}
