use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use super::{VerifiedToken, guarded::Guarded, verified_token::Presented};
use crate::{Answer, Reason, Rejection, Requirement};

/// What a token enters with.
pub(super) struct Entry {
    pub(super) presented: Presented,
    /// What routes further out require of it.
    pub(super) required: Vec<Arc<dyn Requirement>>,
}

impl Entry {
    /// The verdict on what the verifier says.
    pub(super) fn admit(self, answer: Answer) -> Result<VerifiedToken, Rejection> {
        let facts = answer?;
        self.presented.authenticator.judge(&facts)?;
        let token = VerifiedToken::new(facts, self.presented);
        self.required
            .into_iter()
            .try_for_each(|requirement| token.require_shared(requirement))?;
        Ok(token)
    }
}

/// A request whose token the issuer is being asked about. Dropping it harms nobody else who
/// waits for the same answer.
#[must_use = "the token is not verified unless this is awaited"]
pub struct Waiting {
    verification: Guarded,
    entry: Option<Entry>,
}

impl Waiting {
    pub(super) fn new(verification: Guarded, entry: Entry) -> Self {
        Self {
            verification,
            entry: Some(entry),
        }
    }
}

impl Future for Waiting {
    type Output = Result<VerifiedToken, Rejection>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let answer = ready!(Pin::new(&mut this.verification).poll(cx));
        Poll::Ready(match this.entry.take() {
            Some(entry) => entry.admit(answer),
            None => Err(Rejection::because(
                Reason::Internal,
                "a verification was polled after its end",
            )),
        })
    }
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waiting")
    }
}
