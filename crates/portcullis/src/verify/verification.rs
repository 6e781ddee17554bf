use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use crate::{Reason, Rejection, claims::TokenFacts};

/// What a verifier says of a token: facts, or why there are none.
pub type Answer = Result<Arc<TokenFacts>, Rejection>;

/// A verifier's answer, now or later: an answer that is there at once costs no allocation.
#[must_use = "a verification does nothing unless it is awaited"]
#[non_exhaustive]
pub enum Verification {
    /// The answer is there; `None` once it has been taken.
    Now(Option<Answer>),
    /// Somebody has to be asked.
    Later(Pin<Box<dyn Future<Output = Answer> + Send>>),
}

impl Verification {
    /// An answer that is there at once.
    pub fn now(answer: Answer) -> Self {
        Self::Now(Some(answer))
    }

    /// An answer that takes its time.
    pub fn later(answer: impl Future<Output = Answer> + Send + 'static) -> Self {
        Self::Later(Box::pin(answer))
    }
}

impl Future for Verification {
    type Output = Answer;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Answer> {
        match self.get_mut() {
            Self::Now(answer) => Poll::Ready(answer.take().unwrap_or_else(|| {
                Err(Rejection::because(
                    Reason::Internal,
                    "a verification was polled after its end",
                ))
            })),
            Self::Later(future) => future.as_mut().poll(cx),
        }
    }
}

impl fmt::Debug for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Now(_) => "Verification::Now",
            Self::Later(_) => "Verification::Later",
        })
    }
}
