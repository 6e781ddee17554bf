use std::{
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::{Admission, VerifiedToken, verified_token::Settling};
use crate::{Reason, Rejection};

pin_project! {
    /// A request on its way into the inner service, for the layer and the guards alike.
    ///
    /// While somebody is asked no permit of the inner service is held: what waits is a clone
    /// that was never made ready. It stands apart, since nearly all requests wait for nobody and are moved
    /// about all the same.
    pub(crate) struct Passage<S, B, W>
    where
        S: Service<Request<B>>,
    {
        #[pin]
        state: State<S, B, W>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, B, W>
    where
        S: Service<Request<B>>,
    {
        Waiting { waiting: W, then: Option<Box<(S, Request<B>)>> },
        Readying { then: Option<Box<(S, Request<B>)>>, has_waited: bool },
        Settling { settling: Settling, then: Option<Box<(S, Request<B>)>> },
        Calling { #[pin] future: S::Future },
        Rejected { rejection: Option<Rejection> },
    }
}

impl<S, B, W> Passage<S, B, W>
where
    S: Service<Request<B>>,
{
    /// Straight into a service that is ready.
    pub(crate) fn calling(future: S::Future) -> Self {
        State::Calling { future }.into()
    }

    /// Into a service that is not ready yet, once the verdict is there.
    pub(crate) fn waiting(waiting: W, unready: S, request: Request<B>) -> Self {
        let then = Some(Box::new((unready, request)));
        State::Waiting { waiting, then }.into()
    }

    /// Not at all.
    pub(crate) fn rejected(rejection: Rejection) -> Self {
        let rejection = Some(rejection);
        State::Rejected { rejection }.into()
    }
}

impl<S, B, W> From<State<S, B, W>> for Passage<S, B, W>
where
    S: Service<Request<B>>,
{
    fn from(state: State<S, B, W>) -> Self {
        Self { state }
    }
}

impl<S, B, W, RB> Future for Passage<S, B, W>
where
    S: Service<Request<B>, Response = Response<RB>> + Clone,
    RB: Default,
    W: Future<Output = Result<VerifiedToken, Rejection>> + Unpin,
{
    type Output = Result<Response<RB>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            let next = match state.as_mut().project() {
                StateProjection::Waiting { waiting, then } => {
                    match ready!(Pin::new(waiting).poll(cx)) {
                        Ok(token) => {
                            if let Some(then) = then {
                                let (_, request) = &mut **then;
                                Admission::Verified(token).leave(request.extensions_mut());
                            }
                            State::Readying {
                                then: mem::take(then),
                                has_waited: false,
                            }
                        }
                        Err(rejection) => State::Rejected {
                            rejection: Some(rejection),
                        },
                    }
                }
                StateProjection::Readying { then, has_waited } => {
                    if let Some(then) = then {
                        let (service, _) = &mut **then;
                        let is_ready = service.poll_ready(cx);
                        *has_waited |= is_ready.is_pending();
                        ready!(is_ready)?;
                    }
                    match mem::take(then) {
                        Some(then) => call(*then, *has_waited),
                        None => State::Rejected { rejection: None },
                    }
                }
                StateProjection::Settling { settling, then } => {
                    match ready!(settling.as_mut().poll(cx)) {
                        Ok(()) => State::Readying {
                            then: mem::take(then),
                            has_waited: false,
                        },
                        Err(rejection) => State::Rejected {
                            rejection: Some(rejection),
                        },
                    }
                }
                StateProjection::Calling { future } => return future.poll(cx),
                StateProjection::Rejected { rejection } => {
                    return Poll::Ready(Ok(empty_response(rejection.take())));
                }
            };
            state.set(next);
        }
    }
}

/// Calls a service that is ready. In its queue the verdict has grown old: it is given again. Where
/// something has to be found out for it, the service is let go: no permit is held meanwhile.
fn call<S, B, W>((mut ready, request): (S, Request<B>), has_waited: bool) -> State<S, B, W>
where
    S: Service<Request<B>> + Clone,
{
    let judged = match has_waited {
        true => Admission::judge_again(request.extensions()),
        false => Ok(None),
    };
    match judged {
        Ok(None) => State::Calling {
            future: ready.call(request),
        },
        Ok(Some(settling)) => State::Settling {
            settling,
            then: Some(Box::new((ready.clone(), request))),
        },
        Err(rejection) => State::Rejected {
            rejection: Some(rejection),
        },
    }
}

/// A response that says no more than its status; the rejection rides along for the layer.
fn empty_response<B: Default>(rejection: Option<Rejection>) -> Response<B> {
    let rejection = rejection.unwrap_or_else(|| {
        Rejection::because(Reason::Internal, "a request was polled after its end")
    });
    let mut response = Response::new(B::default());
    *response.status_mut() = rejection.status();
    response.extensions_mut().insert(rejection);
    response
}
