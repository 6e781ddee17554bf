use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use http::StatusCode;
use serde_json::Value;
use tracing::Instrument;

use super::{
    call::{self, CallError},
    observed::ObservedCall,
    reply::{Reply, ReplyReader},
};
use crate::{
    ClientAuthentication, Clock, TokenFacts,
    client_authentication::{AuthenticationError, Occasion},
    discovery::{ClientTarget, Discovery},
    http_client::{FetchError, Limits, send_again},
    jws::unverified_payload,
};

/// Where tokens are introspected, and as whom.
#[derive(Debug)]
pub(crate) struct IntrospectionEndpoint {
    pub(crate) discovery: Arc<Discovery>,
    pub(crate) client: ClientAuthentication,
    pub(crate) hint: Option<String>,
    /// JWTs that say that they are requesting party tokens are asked about as such.
    pub(crate) knows_requesting_party_tokens: bool,
    pub(crate) deadline: Duration,
    pub(crate) replies: ReplyReader,
}

/// An answer, and when the call began that it answers.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) reply: Reply,
    pub(super) began: Instant,
    /// By which header it shows that somebody answered in the server's stead; such an answer is
    /// not live.
    pub(super) intermediary: Option<&'static str>,
}

impl IntrospectionEndpoint {
    const MAX_ANSWER: usize = 256 * 1024;
    /// The token type of UMA 2.0 Grant §3.3.5, as Keycloak takes it for a hint.
    pub(crate) const REQUESTING_PARTY_TOKEN: &str = "requesting_party_token";

    /// Asks about a token, of which this was said when it was last active. The deadline of everything is
    /// the caller's to keep.
    pub(super) async fn ask(
        &self,
        token: &str,
        last: Option<&TokenFacts>,
    ) -> Result<Answered, CallError> {
        let target = self.target().await?;
        let call = ObservedCall::begin(self);
        let exchange = self.exchange(&target, token, last);
        let answer = exchange.instrument(call.span()).await;
        call.end(&answer);
        answer
    }

    async fn exchange(
        &self,
        target: &ClientTarget,
        token: &str,
        last: Option<&TokenFacts>,
    ) -> Result<Answered, CallError> {
        let limits = Limits::new(self.deadline, Self::MAX_ANSWER);
        let mut is_again = false;
        let attempt = |limits| {
            if std::mem::replace(&mut is_again, true) {
                self.discovery.telemetry.retry();
            }
            self.attempt(target, token, last, limits)
        };
        send_again(limits, attempt).await
    }

    /// Finds out where to ask.
    pub(super) async fn locate(&self) -> Result<(), FetchError> {
        self.target().await.map(drop)
    }

    async fn target(&self) -> Result<ClientTarget, FetchError> {
        let connection = self.client.connection();
        self.discovery.introspection_target(connection).await
    }

    /// One request, made anew, and its answer.
    async fn attempt(
        &self,
        target: &ClientTarget,
        token: &str,
        last: Option<&TokenFacts>,
        limits: Limits,
    ) -> Result<Answered, CallError> {
        let occasion = Occasion {
            issuer: &self.discovery.issuer,
            target,
            now: self.clock().now(),
        };
        // Where our own credentials are slow to come, that is not the server's silence.
        let client = tokio::time::timeout(self.deadline / 3, self.client.attempt(&occasion))
            .await
            .unwrap_or_else(|_| Err(AuthenticationError::overdue()))?;
        let accept = self.replies.accept();
        let hint = self.hint_about(token);
        let request = call::request(&target.endpoint, client, hint, token, accept)?;
        let (began, began_at) = (self.clock().monotonic(), self.clock().now());
        let response = self.discovery.http.send(request, limits).await?;
        if response.status() != StatusCode::OK {
            return Err(call::refusal(&response, self.clock().now()));
        }
        Ok(Answered {
            reply: self.replies.read(&response, last).await?,
            began,
            intermediary: call::intermediary(response.headers(), began_at),
        })
    }

    /// The hint that goes with a question. Keycloak tells permissions to one that names requesting
    /// party tokens, and to that one nothing else: not even to what a token is bound. So one that is
    /// bound is asked about as any other, and permits nothing.
    fn hint_about(&self, token: &str) -> Option<&str> {
        let says_permissions = || {
            let claims = unverified_payload(token)?;
            let claims: Value = serde_json::from_str(&claims).ok()?;
            if claims.get("cnf").is_some() {
                return None;
            }
            claims.pointer("/authorization/permissions").map(drop)
        };
        if self.knows_requesting_party_tokens && says_permissions().is_some() {
            return Some(Self::REQUESTING_PARTY_TOKEN);
        }
        self.hint.as_deref()
    }

    /// What distinguishes the questions asked here from others about the same token.
    pub(super) fn hints(&self) -> [&str; 2] {
        let knows = self.knows_requesting_party_tokens;
        let by_itself = if knows {
            Self::REQUESTING_PARTY_TOKEN
        } else {
            ""
        };
        [self.hint.as_deref().unwrap_or_default(), by_itself]
    }

    /// The deadline of a probe, so that the call that it stands before keeps its share.
    pub(super) fn probe_deadline(&self) -> Duration {
        self.deadline / 3
    }

    /// The deadline of a trial: most of the deadline of the call that it stands before, since a
    /// server that is slow is not away.
    pub(super) fn trial_deadline(&self) -> Duration {
        self.deadline.saturating_sub(self.deadline / 10)
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        &*self.discovery.clock
    }
}
