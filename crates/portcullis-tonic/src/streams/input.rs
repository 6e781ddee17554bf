use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tonic::Status;

use super::direction::{Direction, Step};

/// What a client sends, until its token is over: then the method reads that as an error.
pub(super) struct Input {
    /// `None` after its end.
    direction: Option<Direction>,
}

impl Input {
    pub(super) fn new(direction: Direction) -> Self {
        Self {
            direction: Some(direction),
        }
    }
}

impl Body for Input {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Some(direction) = &mut self.direction else {
            return Poll::Ready(None);
        };
        let last = match ready!(direction.poll_step(cx)) {
            Step::Frame(frame) => return Poll::Ready(Some(frame)),
            Step::Done => None,
            Step::Over(status) => Some(Err(*status)),
        };
        self.direction = None;
        Poll::Ready(last)
    }

    fn is_end_stream(&self) -> bool {
        self.direction.as_ref().is_none_or(Direction::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let direction = self.direction.as_ref();
        direction.map(Direction::size_hint).unwrap_or_default()
    }
}
