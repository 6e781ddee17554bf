use std::{sync::Arc, time::Duration};

use serde_json::value::RawValue;

use super::{
    call::{Refusal, UmaError, UmaServer},
    line::{Caller, Line},
    question::Question,
    warnings::Warnings,
};
use crate::{
    AccessToken, Answer, Clock, Expectations, Freshness, Reason, Rejection, Timestamp, TokenFacts,
    VerifiedBy,
    claims::{Members, RegisteredClaims},
    http_client::{HttpError, excerpt},
    telemetry::PermissionOutcome,
    token_notes::Afterlife,
    verify::introspection::{DigestSpace, Introspector, Known, Memory, TokenDigest},
};

/// Where one question about one token is asked, and what the server says is kept.
pub(super) struct Desk {
    server: Arc<UmaServer>,
    expectations: Arc<Expectations>,
    memory: Memory,
    line: Line,
    warnings: Warnings,
}

impl Desk {
    /// How many bytes of answers are kept.
    const BYTES: u64 = 16 * 1024 * 1024;

    pub(super) fn new(
        server: Arc<UmaServer>,
        expectations: Arc<Expectations>,
        introspector: Arc<Introspector>,
        life: Duration,
        calls: usize,
    ) -> Self {
        let clock = server.discovery.clock.clone();
        let afterlife = Afterlife::after(expectations.leeway, server.deadline);
        Self {
            line: Line::new(introspector, calls, server.deadline),
            warnings: Warnings::new(&*clock),
            memory: Memory::new(life, Self::BYTES, afterlife, clock),
            server,
            expectations,
        }
    }

    #[cfg(test)]
    pub(super) fn afterlife(&self) -> Afterlife {
        self.memory.afterlife()
    }

    /// How long a call may take.
    pub(super) fn deadline(&self) -> Duration {
        self.server.deadline
    }

    pub(super) fn clock(&self) -> Arc<dyn Clock> {
        self.server.discovery.clock.clone()
    }

    /// What is known already, or that nobody asks the server at the moment.
    pub(super) fn answer_at_once(
        &self,
        digest: &TokenDigest,
        question: &Question,
    ) -> Option<Answer> {
        let recalled = self.memory.recall(digest, Freshness::AsConfigured);
        if let Some(Known::Active(facts)) = recalled {
            self.count(PermissionOutcome::Kept);
            return Some(Ok(facts));
        }
        let pause = self.line.pause()?;
        self.count(PermissionOutcome::Suspended);
        Some(Err(self.explain(&UmaError::CircuitOpen(pause), question)))
    }

    pub(super) fn digest(&self, token: &AccessToken, question: &Question) -> TokenDigest {
        DigestSpace::of(&[
            &self.server.discovery.issuer,
            self.server.client.client_id(),
            &question.to_string(),
        ])
        .digest(token.as_bytes())
    }

    /// One call, and what is kept of it.
    pub(super) async fn ask(
        &self,
        token: &AccessToken,
        known: &TokenFacts,
        digest: &TokenDigest,
        question: &Question,
    ) -> Answer {
        let asking = async {
            let began = self.server.discovery.clock.monotonic();
            let granted = match self.server.permissions(token, question).await {
                Ok(granted) => Some(granted),
                Err(UmaError::UnknownPermission(refusal)) => {
                    self.warn_of_unknown(question, &refusal);
                    None
                }
                Err(error) => {
                    if error.is_about_token() {
                        self.doubt(known);
                    }
                    return Err(error);
                }
            };
            let exp = known.registered().exp;
            let facts = self.facts(granted.as_deref(), exp)?.with_asked_at(began);
            Ok((Arc::new(facts), granted.is_some()))
        };
        let called = self.line.call(Caller::bearer(token, known), asking).await;
        match called {
            Ok((facts, is_known)) => {
                self.count(match facts.permissions().is_empty() {
                    false => PermissionOutcome::Granted,
                    true if is_known => PermissionOutcome::Nothing,
                    true => PermissionOutcome::Unknown,
                });
                self.memory.learn_active(digest, &facts);
                Ok(facts)
            }
            Err(error) => {
                self.count(match &error {
                    UmaError::Busy => PermissionOutcome::Busy,
                    UmaError::CircuitOpen(_) => PermissionOutcome::Suspended,
                    error if error.is_about_token() => PermissionOutcome::Inactive,
                    _ => PermissionOutcome::Failed,
                });
                Err(self.explain(&error, question))
            }
        }
    }

    fn count(&self, outcome: PermissionOutcome) {
        self.server.discovery.telemetry.permissions(outcome);
    }

    /// The server is asked about a token that is no longer good for this, whichever route it is brought
    /// to: introspection has the last word.
    fn doubt(&self, token: &TokenFacts) {
        if let Some(revocations) = &self.expectations.revocations {
            // An answer of introspection that was given meanwhile says nothing of it.
            revocations.condemn(token, revocations.inactive_answer_now());
        }
    }

    /// What is granted as a statement about the token, which names nobody: it is about our own resources.
    fn facts(
        &self,
        granted: Option<&RawValue>,
        exp: Option<Timestamp>,
    ) -> Result<TokenFacts, UmaError> {
        let granted = granted.map_or("[]", RawValue::get);
        let json = format!(r#"{{"permissions":{granted}}}"#);
        let members = Members::parse(&json)
            .map_err(|_| UmaError::Malformed("a permission says something twice"))?;
        let mut claims = RegisteredClaims::parse(&members)
            .map_err(|_| UmaError::Malformed("permissions are none"))?;
        claims.exp = exp;
        let by = VerifiedBy::Introspection;
        Ok(TokenFacts::new(json.into(), claims, &self.expectations, by))
    }

    /// What becomes of the request. Nothing of it is our configuration for certain: whoever has chosen
    /// the token may have chosen how it is refused.
    fn explain(&self, error: &UmaError, question: &Question) -> Rejection {
        let reason = match error {
            error if error.is_about_token() => Reason::Inactive,
            UmaError::Refused(refusal) if refusal.says_that_realm_is_off() => {
                Reason::IssuerDisabled
            }
            UmaError::Refused(refusal) if refusal.status.is_client_error() => {
                Reason::IssuerFailedAtToken
            }
            UmaError::Http(HttpError::Timeout) | UmaError::Overdue => Reason::IssuerTimeout,
            UmaError::CircuitOpen(_) => Reason::CircuitOpen,
            UmaError::Busy => Reason::IssuerBusy,
            UmaError::Http(HttpError::Unreachable(_) | HttpError::ConnectionLost(_)) => {
                Reason::IssuerUnreachable
            }
            UmaError::Malformed(_) => Reason::IssuerAnswerMalformed,
            _ => Reason::IssuerFailed,
        };
        let question = excerpt(&question.to_string());
        let diagnosis = format!("the server does not say whether it grants {question:?}: {error}");
        let rejection = Rejection::because(reason, diagnosis);
        match error {
            // The server was not called.
            UmaError::CircuitOpen(wait) => rejection.with_retry_after(*wait),
            UmaError::Busy => rejection,
            _ => self.reported(rejection),
        }
    }

    /// A call that failed is reported once, and not by each request that has waited for it.
    fn reported(&self, rejection: Rejection) -> Rejection {
        let discovery = &self.server.discovery;
        if rejection.retry_after().is_some()
            && let Some(untold) = self.warnings.turn(&*discovery.clock)
        {
            let (issuer, reason) = (&discovery.issuer, rejection.reason().code());
            let diagnosis = rejection.diagnosis().detail();
            tracing::warn!(target: "portcullis::uma", %issuer, reason, untold, "{diagnosis}");
        }
        rejection
    }

    /// Nobody has what the server does not know. The operator has misspelled it, or a path names it.
    fn warn_of_unknown(&self, question: &Question, refusal: &Refusal) {
        let discovery = &self.server.discovery;
        if let Some(untold) = self.warnings.turn(&*discovery.clock) {
            let (issuer, permission) = (&discovery.issuer, excerpt(&question.to_string()));
            tracing::warn!(
                target: "portcullis::uma",
                %issuer,
                ?permission,
                untold,
                "the server knows no such permission, so nobody has it: {refusal}"
            );
        }
    }
}
