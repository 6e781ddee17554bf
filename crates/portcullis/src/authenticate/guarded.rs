//! Parts that may be the application's own: their panic is a defect and a 500, never a dead
//! connection.

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{runtime::Handle, time::Instant};

use crate::{Answer, Reason, Rejection, Verification};

/// Runs such a part; `what` names it for the log.
pub(crate) fn guarded<T>(
    what: &'static str,
    run: impl FnOnce() -> Result<T, Rejection>,
) -> Result<T, Rejection> {
    catch_unwind(AssertUnwindSafe(run))
        .unwrap_or_else(|_| Err(Rejection::because(Reason::Internal, what)))
}

/// A verification whose panics are caught, at its start as on its way.
pub(super) struct Guarded {
    verification: Verification,
}

impl Guarded {
    const PANICKED: &'static str = "a verifier panicked";

    pub(super) fn start(verify: impl FnOnce() -> Verification) -> Self {
        let verification = guarded(Self::PANICKED, || Ok(verify()));
        Self {
            verification: verification.unwrap_or_else(|panicked| Verification::now(Err(panicked))),
        }
    }

    /// A verification that takes its time.
    pub(super) fn later(answer: impl Future<Output = Answer> + Send + 'static) -> Self {
        Self {
            verification: Verification::later(answer),
        }
    }

    /// The same, waited for no longer than the caller waits. Who else waits for the same answer
    /// gets it all the same.
    pub(super) fn until(self, deadline: Option<Instant>) -> Self {
        if deadline.is_none() {
            return self;
        }
        Self::later(until(deadline, self))
    }

    /// The answer where it is there at once, else the verification itself.
    pub(super) fn answer(self) -> Result<Answer, Self> {
        match self.verification {
            Verification::Now(Some(answer)) => Ok(answer),
            verification => Err(Self { verification }),
        }
    }
}

/// What is asked, waited for no longer than the caller waits.
pub(crate) async fn until<T>(
    deadline: Option<Instant>,
    asking: impl Future<Output = Result<T, Rejection>>,
) -> Result<T, Rejection> {
    // Without a tokio runtime there is no timer.
    match deadline.filter(|_| Handle::try_current().is_ok()) {
        Some(deadline) => tokio::time::timeout_at(deadline, asking)
            .await
            .unwrap_or_else(|_| Err(overdue())),
        None => asking.await,
    }
}

fn overdue() -> Rejection {
    Rejection::because(
        Reason::CallerDeadline,
        "the caller's own deadline (`grpc-timeout`) has passed",
    )
}

impl Future for Guarded {
    type Output = Answer;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Answer> {
        let verification = Pin::new(&mut self.verification);
        guarded(Self::PANICKED, || match verification.poll(cx) {
            Poll::Pending => Ok(Poll::Pending),
            Poll::Ready(answer) => answer.map(|facts| Poll::Ready(Ok(facts))),
        })
        .unwrap_or_else(|rejection| Poll::Ready(Err(rejection)))
    }
}
