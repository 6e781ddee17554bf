use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use super::{
    VerifiedToken,
    guarded::Guarded,
    judge::{Question, Verdict},
    requirements::Requirements,
    settle::settle,
    verified_token::Presented,
};
use crate::{
    Answer, ClockReading, Reason, Rejection, TokenFacts,
    binding::{ProofUse, Taken},
};

/// What a token enters with.
pub(super) struct Entry {
    pub(super) presented: Presented,
    /// What routes further out require of it.
    pub(super) required: Requirements,
    /// The proof it came with, which is good once.
    pub(super) proof: Option<Box<ProofUse>>,
}

/// How far a token has come.
pub(super) enum Entered {
    Admitted(VerifiedToken),
    Refused(Rejection),
    /// Something has to be found out about it first.
    Doubted(Box<Entry>, Arc<TokenFacts>, Question),
    /// Good, if nobody else has used its proof.
    Taking(Box<Entry>, Arc<TokenFacts>, Taking),
}

/// Whether a proof could be taken.
pub(super) type Taking = Pin<Box<dyn Future<Output = Result<(), Rejection>> + Send>>;

impl Entry {
    /// The verdict on what the verifier says, now.
    pub(super) fn enter(self, answer: Answer, now: ClockReading) -> Entered {
        let facts = match answer {
            Ok(facts) => facts,
            Err(rejection) => return Entered::Refused(rejection),
        };
        let Presented {
            authenticator,
            credentials,
            ..
        } = &self.presented;
        match authenticator.judge(&facts, credentials, now) {
            Verdict::Good => self.take_proof(facts),
            Verdict::Refused(rejection) => Entered::Refused(rejection),
            Verdict::Open(question) => Entered::Doubted(Box::new(self), facts, question),
        }
    }

    /// Uses up the proof of a token that is good: last of all, so that what is refused for another
    /// reason uses up none.
    fn take_proof(mut self, facts: Arc<TokenFacts>) -> Entered {
        let now = || self.presented.authenticator.clock().monotonic();
        match self.proof.take().map(|proof| proof.take(now())) {
            None | Some(Taken::Now(Ok(()))) => match self.admit(facts) {
                Ok(token) => Entered::Admitted(token),
                Err(rejection) => Entered::Refused(rejection),
            },
            Some(Taken::Now(Err(rejection))) => Entered::Refused(rejection),
            Some(Taken::Later(taking)) => Entered::Taking(Box::new(self), facts, taking),
        }
    }

    /// Lets in a token whose facts were judged, if they meet what is required of it.
    fn admit(self, facts: Arc<TokenFacts>) -> Result<VerifiedToken, Rejection> {
        if let Some(revocations) = &facts.expectations().revocations {
            revocations.count_coverage(&facts);
        }
        let token = VerifiedToken::new(facts, self.presented);
        self.required
            .iter()
            .try_for_each(|required| token.hold_to(required))?;
        Ok(token)
    }
}

/// A request whose token the issuer is being asked about. Dropping it harms nobody else who
/// waits for the same answer.
#[must_use = "the token is not verified unless this is awaited"]
pub struct Waiting {
    stage: Stage,
    entry: Option<Box<Entry>>,
}

enum Stage {
    /// For the facts.
    Verifying(Guarded),
    /// For facts that settle what the first ones left in doubt: they are judged already.
    Settling(Guarded),
    /// For a store to say that the proof was not used before, of a token that is good.
    Taking(Guarded),
}

impl Waiting {
    pub(super) fn verifying(entry: Box<Entry>, verification: Guarded) -> Self {
        let verification = verification.until(entry.presented.caller_deadline);
        Self {
            stage: Stage::Verifying(verification),
            entry: Some(entry),
        }
    }

    pub(super) fn settling(entry: Box<Entry>, facts: Arc<TokenFacts>, question: Question) -> Self {
        let settled = Guarded::later(settle(entry.presented.clone(), facts, question));
        Self {
            stage: Stage::Settling(settled),
            entry: Some(entry),
        }
    }
}

impl Waiting {
    pub(super) fn taking(entry: Box<Entry>, facts: Arc<TokenFacts>, taking: Taking) -> Self {
        let taken = Guarded::later(async move { taking.await.map(|()| facts) });
        Self {
            stage: Stage::Taking(taken),
            entry: Some(entry),
        }
    }
}

impl Future for Waiting {
    type Output = Result<VerifiedToken, Rejection>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        loop {
            let (Stage::Verifying(pending) | Stage::Settling(pending) | Stage::Taking(pending)) =
                &mut this.stage;
            let answer = ready!(Pin::new(pending).poll(cx));
            let Some(entry) = this.entry.take() else {
                return Poll::Ready(Err(Rejection::because(
                    Reason::Internal,
                    "a verification was polled after its end",
                )));
            };
            let entered = match &this.stage {
                Stage::Verifying(_) => {
                    let now = entry.presented.authenticator.clock().read();
                    entry.enter(answer, now)
                }
                Stage::Settling(_) => match answer {
                    Ok(facts) => entry.take_proof(facts),
                    Err(rejection) => Entered::Refused(rejection),
                },
                Stage::Taking(_) => {
                    return Poll::Ready(answer.and_then(|facts| entry.admit(facts)));
                }
            };
            match entered {
                Entered::Admitted(token) => return Poll::Ready(Ok(token)),
                Entered::Refused(rejection) => return Poll::Ready(Err(rejection)),
                Entered::Doubted(entry, facts, question) => {
                    *this = Self::settling(entry, facts, question);
                }
                Entered::Taking(entry, facts, taking) => {
                    *this = Self::taking(entry, facts, taking);
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
