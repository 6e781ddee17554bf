use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use super::{
    VerifiedToken, guarded::Guarded, judge::Verdict, settle::settle, verified_token::Presented,
};
use crate::{Answer, Doubt, Reason, Rejection, Requirement, TokenFacts};

/// What a token enters with.
pub(super) struct Entry {
    pub(super) presented: Presented,
    /// What routes further out require of it.
    pub(super) required: Vec<Arc<dyn Requirement>>,
}

/// How far a token has come.
pub(super) enum Entered {
    Admitted(VerifiedToken),
    Refused(Rejection),
    /// An answer about it decides.
    Doubted(Entry, Arc<TokenFacts>, Doubt),
}

impl Entry {
    /// The verdict on what the verifier says.
    pub(super) fn enter(self, answer: Answer) -> Entered {
        let facts = match answer {
            Ok(facts) => facts,
            Err(rejection) => return Entered::Refused(rejection),
        };
        match self.presented.authenticator.judge(&facts) {
            Verdict::Good => match self.admit(facts) {
                Ok(token) => Entered::Admitted(token),
                Err(rejection) => Entered::Refused(rejection),
            },
            Verdict::Refused(rejection) => Entered::Refused(rejection),
            Verdict::Ask(doubt) => Entered::Doubted(self, facts, doubt),
        }
    }

    /// Lets in a token whose facts were judged, if they meet what is required of it.
    fn admit(self, facts: Arc<TokenFacts>) -> Result<VerifiedToken, Rejection> {
        if let Some(revocations) = &facts.expectations().revocations {
            revocations.count_coverage(&facts);
        }
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
    stage: Stage,
    entry: Option<Entry>,
}

enum Stage {
    /// For the facts.
    Verifying(Guarded),
    /// For facts that settle what the first ones left in doubt: they are judged already.
    Settling(Guarded),
}

impl Waiting {
    pub(super) fn verifying(entry: Entry, verification: Guarded) -> Self {
        let verification = verification.until(entry.presented.caller_deadline);
        Self {
            stage: Stage::Verifying(verification),
            entry: Some(entry),
        }
    }

    pub(super) fn settling(entry: Entry, facts: Arc<TokenFacts>, doubt: Doubt) -> Self {
        let settled = Guarded::later(settle(entry.presented.clone(), facts, doubt));
        Self {
            stage: Stage::Settling(settled),
            entry: Some(entry),
        }
    }
}

impl Future for Waiting {
    type Output = Result<VerifiedToken, Rejection>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        loop {
            let (Stage::Verifying(pending) | Stage::Settling(pending)) = &mut this.stage;
            let answer = ready!(Pin::new(pending).poll(cx));
            let Some(entry) = this.entry.take() else {
                return Poll::Ready(Err(Rejection::because(
                    Reason::Internal,
                    "a verification was polled after its end",
                )));
            };
            let entered = match &this.stage {
                Stage::Verifying(_) => entry.enter(answer),
                Stage::Settling(_) => {
                    return Poll::Ready(answer.and_then(|facts| entry.admit(facts)));
                }
            };
            match entered {
                Entered::Admitted(token) => return Poll::Ready(Ok(token)),
                Entered::Refused(rejection) => return Poll::Ready(Err(rejection)),
                Entered::Doubted(entry, facts, doubt) => {
                    *this = Self::settling(entry, facts, doubt);
                }
            }
        }
    }
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waiting")
    }
}
