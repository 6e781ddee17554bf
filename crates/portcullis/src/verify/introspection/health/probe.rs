//! Is it the server, is it us, or is it the token? A fixed token of ours tells.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::verify::introspection::{
    call::{CallError, Refused},
    endpoint::IntrospectionEndpoint,
    reply::Reply,
};

/// Introspects a token that does not exist, and remembers for a while what came of it.
#[derive(Debug, Default)]
pub(super) struct Probe {
    last: Mutex<Option<(Instant, Finding)>>,
    turnstile: tokio::sync::Mutex<()>,
}

/// What the server says of a token that does not exist.
#[derive(Debug, Clone)]
pub(super) enum Finding {
    /// That it is inactive, as it should.
    Well,
    /// It refuses the request.
    Refused(Refused),
    /// Nothing that could be used, or that the token is active.
    Unwell(CallError),
}

impl Probe {
    /// A text that no server has issued as a token.
    const TOKEN: &'static str = "portcullis-probe";

    /// What was found a moment ago, or is found now; one caller asks, the others wait for it.
    pub(super) async fn consult(&self, endpoint: &IntrospectionEndpoint) -> Finding {
        // Whoever holds the turnstile on a runtime that does not run keeps nobody for long.
        let patience = endpoint.probe_deadline();
        let _turn = tokio::time::timeout(patience, self.turnstile.lock()).await;
        match self.standing(endpoint) {
            Some(finding) => finding,
            None => self.ask(endpoint).await,
        }
    }

    /// What is found now.
    pub(super) async fn ask(&self, endpoint: &IntrospectionEndpoint) -> Finding {
        let finding = match endpoint.ask(Self::TOKEN, None).await {
            Ok(answered) if answered.intermediary.is_some() => Finding::Unwell(
                CallError::Malformed("a cache has answered in the server's stead".to_owned()),
            ),
            Ok(answered) => match answered.reply {
                Reply::Inactive => Finding::Well,
                Reply::Active(_) => Finding::Unwell(CallError::Malformed(
                    "a token that does not exist is called active".to_owned(),
                )),
            },
            Err(CallError::Refused(refused)) => {
                tracing::warn!(
                    target: "portcullis::introspection",
                    issuer = %endpoint.discovery.issuer,
                    status = refused.status.as_u16(),
                    "the authorization server refuses to say anything about a token that does not exist: if it refuses good ones alike, the client credentials, the method of authentication or the address of the endpoint are wrong"
                );
                Finding::Refused(refused)
            }
            Err(error) => Finding::Unwell(error),
        };
        let now = endpoint.clock().monotonic();
        *self.last() = Some((now, finding.clone()));
        finding
    }

    /// What the last probe has found, as long as it stands.
    pub(super) fn standing(&self, endpoint: &IntrospectionEndpoint) -> Option<Finding> {
        let now = endpoint.clock().monotonic();
        let (found, finding) = self.last().clone()?;
        (now.saturating_duration_since(found) < finding.stands()).then_some(finding)
    }

    fn last(&self) -> MutexGuard<'_, Option<(Instant, Finding)>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Finding {
    /// Our own mistakes stay for longer than a server's moods.
    fn stands(&self) -> Duration {
        match self {
            Self::Refused(_) => Duration::from_secs(5),
            Self::Well | Self::Unwell(_) => Duration::from_secs(1),
        }
    }
}
