use std::sync::Arc;

use tokio::runtime::Handle;

use super::{
    call::{UmaError, UmaServer},
    line::{Caller, Line},
    protection_token::ProtectionTokens,
    warnings::Warnings,
};
use crate::{
    Reason, Rejection, RequirePermission, VerifiedToken, http_client::excerpt,
    telemetry::TicketOutcome, verify::introspection::Introspector,
};

/// Everything that asking for permission tickets takes.
pub(super) struct Tickets {
    server: Arc<UmaServer>,
    protection_tokens: ProtectionTokens,
    line: Line,
    warnings: Warnings,
}

impl Tickets {
    pub(super) fn new(
        server: Arc<UmaServer>,
        introspector: Arc<Introspector>,
        calls: usize,
    ) -> Self {
        Self {
            protection_tokens: ProtectionTokens::default(),
            line: Line::new(introspector, calls, server.deadline),
            warnings: Warnings::new(&*server.discovery.clock),
            server,
        }
    }

    /// The refusal that tells a client by a ticket where to get a permission; where none can be had,
    /// one that says so (UMA 2.0 Grant §3.2).
    pub(super) async fn challenge(
        self: &Arc<Self>,
        requirement: &RequirePermission,
        token: Option<&VerifiedToken>,
    ) -> Rejection {
        let caller = match token {
            Some(token) => Caller::bearer(token.access_token(), &token.facts()),
            None => Caller::Stranger,
        };
        match self.begin(requirement, caller).await {
            Ok(ticket) => {
                let diagnosis = requirement.refusal().diagnosis().detail().to_owned();
                let refusal = Rejection::because(Reason::PermissionNeeded, diagnosis);
                refusal.with_ticket(&self.server.discovery.issuer, &ticket)
            }
            Err(problem) => {
                let diagnosis = format!("no permission ticket can be had: {problem}");
                Rejection::because(Reason::TicketUnavailable, diagnosis)
            }
        }
    }

    /// A ticket, in a task of its own: the HTTP client may be the application's, and whoever leaves
    /// takes no token along that others wait for.
    async fn begin(
        self: &Arc<Self>,
        requirement: &RequirePermission,
        caller: Caller,
    ) -> Result<String, UmaError> {
        let runtime = Handle::try_current()
            .map_err(|_| UmaError::CutShort("there is no tokio runtime to ask on"))?;
        let (tickets, asked_for) = (self.clone(), requirement.clone());
        let asking = runtime.spawn(async move { tickets.ticket(&asked_for, caller).await });
        asking.await.unwrap_or_else(|_| {
            let problem = "the HTTP client panicked, or the runtime was shut down";
            let lost = Err(UmaError::CutShort(problem));
            self.note(requirement, &lost);
            lost
        })
    }

    async fn ticket(
        &self,
        requirement: &RequirePermission,
        caller: Caller,
    ) -> Result<String, UmaError> {
        let ticket = self.server.ticket(requirement, &self.protection_tokens);
        let ticket = self.line.call(caller, ticket).await;
        self.note(requirement, &ticket);
        ticket
    }

    /// Counts it, and tells the operator of those that could not be had.
    fn note(&self, requirement: &RequirePermission, ticket: &Result<String, UmaError>) {
        let discovery = &self.server.discovery;
        discovery.telemetry.ticket(match ticket {
            Ok(_) => TicketOutcome::Issued,
            Err(UmaError::Busy) => TicketOutcome::Busy,
            Err(UmaError::CircuitOpen(_)) => TicketOutcome::Suspended,
            Err(UmaError::Refused(refusal)) if refusal.status.is_client_error() => {
                TicketOutcome::Refused
            }
            Err(_) => TicketOutcome::Failed,
        });
        if let Err(problem) = ticket
            && let Some(untold) = self.warnings.turn(&*discovery.clock)
        {
            let (issuer, resource) = (&discovery.issuer, excerpt(requirement.resource()));
            tracing::warn!(
                target: "portcullis::uma",
                %issuer,
                ?resource,
                untold,
                "no permission ticket can be had: {problem}"
            );
        }
    }
}
