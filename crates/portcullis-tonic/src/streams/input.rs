use std::{
    error::Error,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tonic::Status;

use super::direction::{Direction, Step};

pin_project! {
    /// What a client sends, until its token is over: then the method reads that as an error.
    pub(super) struct Input<B> {
        #[pin]
        body: Option<B>,
        direction: Direction,
    }
}

impl<B> Input<B> {
    pub(super) fn new(body: B, direction: Direction) -> Self {
        Self {
            body: Some(body),
            direction,
        }
    }
}

impl<B> Body for Input<B>
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
            Step::Over(status) => Some(Err(*status)),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}
