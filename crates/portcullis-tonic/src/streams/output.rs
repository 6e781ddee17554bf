use std::{
    error::Error,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame};
use pin_project_lite::pin_project;
use tonic::Status;

use super::{
    direction::{Direction, Step},
    web::Trailing,
};

pin_project! {
    /// What a method answers with, until the token is over: then the client is told so where the status
    /// of a call stands, and what the method was about to say is dropped.
    pub(super) struct Output<B> {
        #[pin]
        body: Option<B>,
        trailing: Trailing,
        direction: Direction,
    }
}

impl<B> Output<B> {
    pub(super) fn new(body: B, headers: &HeaderMap, direction: Direction) -> Self {
        Self {
            body: Some(body),
            trailing: Trailing::of(headers),
            direction,
        }
    }
}

impl<B> Body for Output<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.project();
        Poll::Ready(match ready!(this.direction.poll_step(this.body, cx)) {
            Step::Body(step) => step,
            Step::Over(status) => Some(this.trailing.frame(*status)),
        })
    }

    /// Its length is not known: it may be cut off.
    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }
}
