use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use portcullis::{Rejection, VerifiedToken};
use tonic::{Status, body::Body};

use super::{bounds::End, web::Trailing};
use crate::status::challenging;

/// One direction of a call that ends with its token.
///
/// A call with one message each way is none of its business, and cannot be told from a stream
/// beforehand. So it reads ahead: what has one frame of data and is over then is whole, and comes
/// through. What keeps its reader waiting, or goes on, is a stream: the token is looked at before each
/// frame of it, the first one included.
pub(super) struct Direction {
    body: Body,
    /// What was read ahead of whoever reads.
    ahead: VecDeque<Result<Frame<Bytes>, Status>>,
    /// `None` before anything was.
    kind: Option<Kind>,
    trailing: Trailing,
    token: VerifiedToken,
    end: End,
}

/// What a body turns out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// All of it is there.
    Whole,
    Stream,
}

/// What comes of a body.
pub(super) enum Step {
    Frame(Result<Frame<Bytes>, Status>),
    Done,
    /// The token is over.
    Over(Box<Status>),
}

impl Direction {
    pub(super) fn new(body: Body, trailing: Trailing, token: VerifiedToken, end: End) -> Self {
        Self {
            body,
            ahead: VecDeque::new(),
            kind: None,
            trailing,
            token,
            end,
        }
    }

    /// Finds out what the body is: two frames of it are read at the most.
    pub(super) fn look_ahead(&mut self, cx: &mut Context<'_>) -> Kind {
        loop {
            if let Some(kind) = self.kind {
                return kind;
            }
            self.kind = match Pin::new(&mut self.body).poll_frame(cx) {
                Poll::Pending => Some(Kind::Stream),
                Poll::Ready(None) => Some(Kind::Whole),
                Poll::Ready(Some(frame)) => {
                    let goes_on = matches!(&frame, Ok(frame) if !self.trailing.is_last(frame));
                    let is_second = !self.ahead.is_empty();
                    self.ahead.push_back(frame);
                    match goes_on {
                        false => Some(Kind::Whole),
                        true => is_second.then_some(Kind::Stream),
                    }
                }
            };
        }
    }

    /// One more step of the body, unless the token is over.
    pub(super) fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        let kind = self.look_ahead(cx);
        if kind == Kind::Stream
            && let Poll::Ready(rejection) = Pin::new(&mut self.end).poll(cx)
        {
            return Poll::Ready(Step::Over(self.over(rejection)));
        }
        if let Some(frame) = self.ahead.pop_front() {
            return Poll::Ready(Step::Frame(frame));
        }
        if kind == Kind::Whole {
            return Poll::Ready(Step::Done);
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        Poll::Ready(frame.map_or(Step::Done, Step::Frame))
    }

    /// The end of the token, for those who wait for it beside the reader.
    pub(super) fn end(&self) -> End {
        self.end.clone()
    }

    /// What is said of it.
    pub(super) fn over(&self, rejection: Rejection) -> Box<Status> {
        Box::new(challenging(rejection, &self.token))
    }

    pub(super) fn is_end_stream(&self) -> bool {
        self.ahead.is_empty() && (self.kind == Some(Kind::Whole) || self.body.is_end_stream())
    }

    pub(super) fn size_hint(&self) -> SizeHint {
        match self.kind {
            None => self.body.size_hint(),
            Some(_) => SizeHint::default(),
        }
    }
}
