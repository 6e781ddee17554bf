use std::{
    error::Error,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame};
use portcullis::VerifiedToken;
use tonic::Status;

use super::bounds::End;
use crate::status::challenging;

/// One direction of a call that ends with its token.
///
/// A call with one message each way is none of its business, and cannot be told from a stream beforehand.
/// So a body is a stream once it keeps its reader waiting, or has a second frame of data: what is there
/// at once comes through.
pub(super) struct Direction {
    token: VerifiedToken,
    /// `None` once it has come.
    end: Option<End>,
    is_stream: bool,
    frames: usize,
}

/// What comes of a body.
pub(super) enum Step {
    Body(Option<Result<Frame<Bytes>, Status>>),
    /// The token is over; the body is gone.
    Over(Box<Status>),
}

impl Direction {
    pub(super) fn new(token: VerifiedToken, end: End) -> Self {
        Self {
            token,
            end: Some(end),
            is_stream: false,
            frames: 0,
        }
    }

    /// One more step of a body, unless the token is over.
    pub(super) fn poll_step<B>(
        &mut self,
        mut body: Pin<&mut Option<B>>,
        cx: &mut Context<'_>,
    ) -> Poll<Step>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let Some(reading) = body.as_mut().as_pin_mut() else {
            return Poll::Ready(Step::Body(None));
        };
        if self.is_stream
            && let Poll::Ready(over) = self.poll_end(cx)
        {
            body.set(None);
            return Poll::Ready(Step::Over(over));
        }
        match reading.poll_frame(cx) {
            Poll::Ready(step) => {
                let is_data = matches!(&step, Some(Ok(frame)) if frame.is_data());
                self.frames = self.frames.saturating_add(usize::from(is_data));
                self.is_stream |= self.frames > 1;
                let failed = |error: B::Error| Status::from_error(error.into());
                Poll::Ready(Step::Body(step.map(|frame| frame.map_err(failed))))
            }
            Poll::Pending if self.is_stream => Poll::Pending,
            Poll::Pending => {
                self.is_stream = true;
                self.poll_end(cx).map(|over| {
                    body.set(None);
                    Step::Over(over)
                })
            }
        }
    }

    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Box<Status>> {
        let Some(end) = &mut self.end else {
            return Poll::Pending;
        };
        Pin::new(end).poll(cx).map(|rejection| {
            self.end = None;
            Box::new(challenging(rejection, &self.token))
        })
    }
}
