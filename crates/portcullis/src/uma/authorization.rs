use std::{
    fmt,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use super::{
    answers::Answers, asked_permission::AskedPermission, call::UmaServer, desk::Desk,
    question::Question, tickets::Tickets,
};
use crate::{
    Expectations, Reason, Rejection, RequirePermission, TokenFacts, VerifiedToken,
    verify::introspection::Introspector,
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
    answers: OnceLock<Answers>,
    tickets: Arc<Tickets>,
    /// Whether somebody uses any of it, and whether somebody gives out tickets.
    is_used: AtomicBool,
    gives_tickets: AtomicBool,
}

impl Uma {
    pub(crate) fn new(
        server: UmaServer,
        expectations: Arc<Expectations>,
        introspector: Arc<Introspector>,
        cache_life: Duration,
        calls: usize,
    ) -> Self {
        let server = Arc::new(server);
        let tickets = Tickets::new(server.clone(), introspector.clone(), calls);
        Self {
            inner: Arc::new(Inner {
                server,
                expectations,
                introspector,
                cache_life,
                calls,
                answers: OnceLock::new(),
                tickets: Arc::new(tickets),
                is_used: AtomicBool::new(false),
                gives_tickets: AtomicBool::new(false),
            }),
        }
    }

    /// A permission as a requirement that is judged on what the token says until newer facts say less:
    /// then the server is asked.
    pub(crate) fn unasked(&self, requirement: &Arc<RequirePermission>) -> Arc<AskedPermission> {
        let permission = AskedPermission::new(requirement.clone(), self.clone(), None);
        Arc::new(permission)
    }

    /// A permission as a requirement that is judged on what the server grants the bearer of this token.
    pub(crate) async fn ask(
        &self,
        token: &VerifiedToken,
        requirement: &Arc<RequirePermission>,
    ) -> Result<Arc<AskedPermission>, Rejection> {
        let granted = self.granted(token, requirement).await?;
        let permission = AskedPermission::new(requirement.clone(), self.clone(), granted);
        Ok(Arc::new(permission))
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
        let answers = self.answers();
        let answer = answers.answer(token.access_token(), token.facts(), question);
        answer.await.map(Some)
    }

    /// Notes that somebody will use it, and begins to count.
    pub(crate) fn begin(&self) {
        self.inner.is_used.store(true, Ordering::Relaxed);
        self.inner.server.discovery.telemetry.uses_uma();
    }

    /// Notes that somebody will give out tickets.
    pub(crate) fn begin_tickets(&self) {
        self.inner.gives_tickets.store(true, Ordering::Relaxed);
    }

    /// Whether nobody could do what it is used for, since it is not known where. That is looked for in
    /// the background then.
    pub(crate) fn lacks_metadata(&self) -> bool {
        let inner = &self.inner;
        if !inner.is_used.load(Ordering::Relaxed) {
            return false;
        }
        let (discovery, client) = (&inner.server.discovery, &inner.server.client);
        let gives_tickets = inner.gives_tickets.load(Ordering::Relaxed);
        !discovery.knows_token_endpoint(client.connection())
            || (gives_tickets && !discovery.knows_permission_endpoint())
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
        let mut statements = facts.statements();
        if statements.any(|statement| statement.registered().cnf.is_some()) {
            return Err(Rejection::because(
                Reason::MissingPermission,
                "the token is bound to a key (`cnf`), so that nobody can ask on its behalf; its client has to bring a requesting party token",
            ));
        }
        Ok(())
    }

    /// The refusal of a token without a permission, or of nobody, that tells where to get it.
    pub(crate) async fn challenge(
        &self,
        requirement: &RequirePermission,
        token: Option<&VerifiedToken>,
    ) -> Rejection {
        self.inner.tickets.challenge(requirement, token).await
    }

    #[cfg(test)]
    pub(crate) fn afterlife(&self) -> crate::token_notes::Afterlife {
        self.answers().afterlife()
    }

    fn answers(&self) -> &Answers {
        let inner = &self.inner;
        inner.answers.get_or_init(|| {
            Answers::of(Desk::new(
                inner.server.clone(),
                inner.expectations.clone(),
                inner.introspector.clone(),
                inner.cache_life,
                inner.calls,
            ))
        })
    }
}

impl fmt::Debug for Uma {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Uma")
            .field("issuer", &self.inner.server.discovery.issuer)
            .finish_non_exhaustive()
    }
}
