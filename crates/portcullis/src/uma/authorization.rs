use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use tokio::runtime::Handle;

use super::{
    call::{UmaError, UmaServer},
    decision::{PermissionDecision, Question},
    decisions::Decisions,
    line::{Caller, Line},
    protection_token::ProtectionTokens,
    warnings::Warnings,
};
use crate::{
    Expectations, Reason, Rejection, RequirePermission, TokenFacts, VerifiedToken,
    http_client::excerpt, telemetry::TicketOutcome, verify::introspection::Introspector,
};

/// What an issuer does by User-Managed Access 2.0 for the resource server whose credentials it was
/// given: see [`Issuer::uma`](crate::Issuer::uma). Cheap to clone; all clones share what they learn.
#[derive(Clone)]
pub struct Uma {
    inner: Arc<Inner>,
}

struct Inner {
    server: Arc<UmaServer>,
    expectations: Arc<Expectations>,
    introspector: Arc<Introspector>,
    cache_life: Duration,
    calls: usize,
    /// Made by the first who asks.
    decisions: OnceLock<Decisions>,
    protection_tokens: ProtectionTokens,
    /// The calls for tickets.
    line: Line,
    /// Of those that brought none.
    warnings: Warnings,
}

impl Uma {
    pub(crate) fn new(
        server: UmaServer,
        expectations: Arc<Expectations>,
        introspector: Arc<Introspector>,
        cache_life: Duration,
        calls: usize,
    ) -> Self {
        let line = Line::new(introspector.clone(), calls, server.deadline);
        let warnings = Warnings::new(&*server.discovery.clock);
        Self {
            inner: Arc::new(Inner {
                server: Arc::new(server),
                expectations,
                introspector,
                cache_life,
                calls,
                decisions: OnceLock::new(),
                protection_tokens: ProtectionTokens::default(),
                line,
                warnings,
            }),
        }
    }

    /// A permission as a requirement that is judged on what the server grants the bearer of this token.
    pub(crate) async fn decide(
        &self,
        token: &VerifiedToken,
        requirement: &Arc<RequirePermission>,
    ) -> Result<Arc<PermissionDecision>, Rejection> {
        let granted = self.granted(token, requirement).await?;
        let decision = PermissionDecision::new(requirement.clone(), self.clone(), granted);
        Ok(Arc::new(decision))
    }

    /// What the server grants the bearer of this token of a permission; nothing, where it could only be
    /// asked something else.
    pub(super) async fn granted(
        &self,
        token: &VerifiedToken,
        requirement: &RequirePermission,
    ) -> Result<Option<Arc<TokenFacts>>, Rejection> {
        self.check_may_be_shown(token)?;
        let Some(question) = Question::about(requirement) else {
            return Ok(None);
        };
        let decisions = self.decisions();
        let answer = decisions.answer(token.access_token(), token.facts(), question);
        answer.await.map(Some)
    }

    /// Begins to count.
    pub(crate) fn is_used(&self) {
        self.inner.server.discovery.telemetry.uses_uma();
    }

    /// Whether both ask the same server as the same client.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// Whether this server may be shown the token, and would take it from us.
    fn check_may_be_shown(&self, token: &VerifiedToken) -> Result<(), Rejection> {
        let facts = token.facts();
        let issuer = &*self.inner.server.discovery.issuer;
        if facts.expectations().issuer.as_deref() != Some(issuer) {
            return Err(Rejection::because(
                Reason::MissingPermission,
                "the token is another issuer's than the one that would be asked for the permission",
            ));
        }
        if facts.statements().any(|(claims, _)| claims.cnf.is_some()) {
            return Err(Rejection::because(
                Reason::MissingPermission,
                "the token is bound to a key (`cnf`), so that nobody can ask on its behalf; its client has to bring a requesting party token",
            ));
        }
        Ok(())
    }

    /// The refusal that tells a client by a ticket where to get a permission; where none can be had,
    /// one that says so (UMA 2.0 Grant §3.2).
    pub(crate) async fn challenge(
        &self,
        requirement: &RequirePermission,
        token: Option<&VerifiedToken>,
    ) -> Rejection {
        let caller = match token {
            Some(token) => Caller::bearer(token.access_token(), &token.facts()),
            None => Caller::Stranger,
        };
        let discovery = &self.inner.server.discovery;
        let issuer = &discovery.issuer;
        let ticket = self.ticket(requirement, caller).await;
        discovery.telemetry.ticket(ticket_outcome(&ticket));
        match ticket {
            Ok(ticket) => {
                let diagnosis = requirement.refusal().diagnosis().to_owned();
                Rejection::because(Reason::PermissionNeeded, diagnosis).with_ticket(issuer, &ticket)
            }
            Err(problem) => {
                if let Some(untold) = self.inner.warnings.turn(&*discovery.clock) {
                    let resource = excerpt(requirement.resource());
                    tracing::warn!(
                        target: "portcullis::uma",
                        %issuer,
                        ?resource,
                        untold,
                        "no permission ticket can be had: {problem}"
                    );
                }
                let diagnosis = format!("no permission ticket can be had: {problem}");
                Rejection::because(Reason::TicketUnavailable, diagnosis)
            }
        }
    }

    /// A ticket, in a task of its own: the HTTP client may be the application's, and whoever leaves
    /// takes no token along that others wait for.
    async fn ticket(
        &self,
        requirement: &RequirePermission,
        caller: Caller,
    ) -> Result<String, UmaError> {
        let runtime = Handle::try_current()
            .map_err(|_| UmaError::CutShort("there is no tokio runtime to ask on"))?;
        let (inner, requirement) = (self.inner.clone(), requirement.clone());
        let asking = async move {
            let ticket = inner.server.ticket(&requirement, &inner.protection_tokens);
            inner.line.call(caller, ticket).await
        };
        let lost = UmaError::CutShort("the HTTP client panicked, or the runtime was shut down");
        runtime.spawn(asking).await.unwrap_or(Err(lost))
    }

    fn decisions(&self) -> &Decisions {
        let inner = &self.inner;
        inner.decisions.get_or_init(|| {
            Decisions::new(
                inner.server.clone(),
                inner.expectations.clone(),
                inner.introspector.clone(),
                inner.cache_life,
                inner.calls,
            )
        })
    }
}

fn ticket_outcome(ticket: &Result<String, UmaError>) -> TicketOutcome {
    match ticket {
        Ok(_) => TicketOutcome::Issued,
        Err(UmaError::Busy) => TicketOutcome::Busy,
        Err(UmaError::CircuitOpen(_)) => TicketOutcome::Suspended,
        Err(UmaError::Refused(refusal)) if refusal.status.is_client_error() => {
            TicketOutcome::Refused
        }
        Err(_) => TicketOutcome::Failed,
    }
}

impl fmt::Debug for Uma {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Uma")
            .field("issuer", &self.inner.server.discovery.issuer)
            .finish_non_exhaustive()
    }
}
