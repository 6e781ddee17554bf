//! Is it us or is it the token? When the server refuses a request, a fixed token of ours tells:
//! if that is refused in the same way, our configuration is at fault; if not, this one token is.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use http::StatusCode;

use super::{call::CallError, endpoint::IntrospectionEndpoint};
use crate::{
    Reason, Rejection,
    http_client::{FetchError, HttpError},
};

/// What the last probe said, for a while.
#[derive(Debug, Default)]
pub(super) struct Probe {
    state: Mutex<State>,
    turnstile: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    found: Option<Finding>,
    /// When the server last answered about a token.
    served: Option<Instant>,
    /// When the probe last failed, and how.
    failed: Option<(Instant, Rejection)>,
}

#[derive(Debug, Clone)]
struct Finding {
    found: Instant,
    /// The status our own token was refused with; `None` when it was not.
    refused: Option<StatusCode>,
}

impl Probe {
    /// A text that no server has issued as a token.
    const TOKEN: &'static str = "portcullis-probe";
    /// How long a finding stands; while it says that we are at fault nobody is asked.
    const STANDS: Duration = Duration::from_secs(5);
    const FAILURE_STANDS: Duration = Duration::from_secs(1);

    /// The rejection for everybody while the server is known to refuse our credentials. Other
    /// refusals may be about the one token that was asked about, and hold nobody else up.
    pub(super) fn standing_refusal(&self, endpoint: &IntrospectionEndpoint) -> Option<Rejection> {
        let status = self.standing(endpoint)?.refused?;
        is_about_credentials(status).then(|| misconfigured(status, endpoint))
    }

    /// Remembers that the server has answered about a token: it does not refuse everything.
    pub(super) fn note_success(&self, endpoint: &IntrospectionEndpoint) {
        let mut state = self.state();
        state.served = Some(endpoint.clock().monotonic());
    }

    /// Whose fault it is that a token was refused with this status.
    pub(super) async fn judge(
        &self,
        status: StatusCode,
        endpoint: &IntrospectionEndpoint,
    ) -> Rejection {
        let _turn = self.turnstile.lock().await;
        if let Some(unknown) = self.standing_failure(endpoint) {
            return unknown;
        }
        let refused = match self.standing(endpoint) {
            Some(finding) => finding.refused,
            None => match endpoint.ask(Self::TOKEN).await {
                Err(CallError::Refused { status }) => self.keep(Some(status), endpoint),
                Ok(_) => self.keep(None, endpoint),
                Err(error) => {
                    let unknown = rejection(&error);
                    self.state().failed = Some((endpoint.clock().monotonic(), unknown.clone()));
                    return unknown;
                }
            },
        };
        // A server that refuses whatever is not shaped like its own tokens refuses the probe
        // too; while it answers about others, it is not us.
        let serves_others = !is_about_credentials(status) && self.has_served_lately(endpoint);
        if refused == Some(status) && !serves_others {
            return misconfigured(status, endpoint);
        }
        Rejection::because(
            Reason::IssuerFailed,
            format!("the server refuses to introspect this one token (status {status})"),
        )
    }

    /// Why the probe itself found nothing out, a moment ago.
    fn standing_failure(&self, endpoint: &IntrospectionEndpoint) -> Option<Rejection> {
        let now = endpoint.clock().monotonic();
        let (failed, unknown) = self.state().failed.clone()?;
        (now.saturating_duration_since(failed) < Self::FAILURE_STANDS).then_some(unknown)
    }

    fn has_served_lately(&self, endpoint: &IntrospectionEndpoint) -> bool {
        let now = endpoint.clock().monotonic();
        let served = self.state().served;
        served.is_some_and(|served| now.saturating_duration_since(served) < Self::STANDS)
    }

    fn keep(
        &self,
        refused: Option<StatusCode>,
        endpoint: &IntrospectionEndpoint,
    ) -> Option<StatusCode> {
        let found = endpoint.clock().monotonic();
        self.state().found = Some(Finding { found, refused });
        refused
    }

    fn standing(&self, endpoint: &IntrospectionEndpoint) -> Option<Finding> {
        let now = endpoint.clock().monotonic();
        let finding = self.state().found.clone()?;
        let age = now.saturating_duration_since(finding.found);
        (age < Self::STANDS).then_some(finding)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_about_credentials(status: StatusCode) -> bool {
    matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
}

/// What a failed call means to the client, where the token was not refused.
pub(super) fn rejection(error: &CallError) -> Rejection {
    let reason = match error {
        CallError::Endpoint(error) => endpoint_reason(error),
        CallError::Http(error) => http_reason(error),
        CallError::Malformed(_) => Reason::IssuerAnswerMalformed,
        CallError::RealmDisabled => Reason::IssuerDisabled,
        CallError::Trouble { .. } | CallError::TokenTooLong | CallError::Refused { .. } => {
            Reason::IssuerFailed
        }
    };
    let rejection = Rejection::because(reason, format!("introspection: {error}"));
    match error {
        CallError::Trouble {
            retry_after: Some(wait),
            ..
        } => rejection.with_retry_after(*wait),
        _ => rejection,
    }
}

fn endpoint_reason(error: &FetchError) -> Reason {
    match error {
        FetchError::NoEndpoint { .. } => Reason::RequestRefused,
        FetchError::Http { error, .. } => http_reason(error),
        FetchError::Status { .. } => Reason::IssuerFailed,
        FetchError::CoolingDown(error) => endpoint_reason(error),
        _ => Reason::IssuerAnswerMalformed,
    }
}

fn http_reason(error: &HttpError) -> Reason {
    match error {
        HttpError::Timeout => Reason::IssuerTimeout,
        HttpError::Unreachable(_) => Reason::IssuerUnreachable,
        HttpError::BodyTooLong { .. } | HttpError::Broken(_) => Reason::IssuerAnswerMalformed,
    }
}

/// Our own fault, with what to do about it.
fn misconfigured(status: StatusCode, endpoint: &IntrospectionEndpoint) -> Rejection {
    let client = endpoint.client.client_id();
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Rejection::because(
            Reason::ClientCredentialsRefused,
            format!(
                "the authorization server refuses the client credentials of `{client}` (status {status}): check id and secret, that the client is confidential, and how `Basic` credentials are encoded"
            ),
        ),
        _ if status.is_redirection() => Rejection::because(
            Reason::RequestRefused,
            format!(
                "the introspection endpoint redirects (status {status}) and tokens do not follow redirects: configure the address it redirects to"
            ),
        ),
        _ => Rejection::because(
            Reason::RequestRefused,
            format!(
                "the introspection endpoint refuses requests of `{client}` (status {status}): check the endpoint's address, the client authentication method and how `Basic` credentials are encoded"
            ),
        ),
    }
}
