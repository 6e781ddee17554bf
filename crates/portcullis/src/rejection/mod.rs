//! Why a request is refused, and the only place that knows what a client sees of it: status
//! codes, challenges (RFC 6750 §3) and gRPC codes.

use std::{borrow::Cow, fmt, sync::Arc, time::Duration};

use http::{Method, StatusCode, Uri};

use self::challenge::quoted_string;
use crate::{Scheme, Scope};

mod answer;
mod challenge;
mod diagnosis;
mod explanation;
mod grpc;
mod reason;
mod render;
mod rule;
mod told;

pub(crate) use self::render::render;
pub use self::{
    challenge::ProtectionSpace,
    diagnosis::Diagnosis,
    grpc::GrpcFlavor,
    reason::Reason,
    render::{EmptyBody, JsonBody, RenderRejection},
    rule::Rule,
};

/// A refused request: a stable [`Reason`] for everybody, a [`Diagnosis`] for whoever runs the service.
///
/// Cheap to clone: those who waited for the same call share it. A guard or an extractor leaves
/// it in the extensions of an empty response, and the
/// [`AuthenticateLayer`](crate::AuthenticateLayer) around it renders it, once.
#[derive(Clone)]
pub struct Rejection {
    inner: Arc<Inner>,
}

#[derive(Clone)]
struct Inner {
    diagnosis: Diagnosis,
    /// What the challenge says beside the error: `, name="value"`, of characters that need no
    /// escape.
    parameters: Box<str>,
    /// What a challenge of the scheme `UMA` says beside its realm, escaped.
    ticket: Option<Box<str>>,
    retry_after: Option<Duration>,
    scheme: Option<Scheme>,
    is_logged: bool,
    /// Whether the token was verified when it was refused.
    is_of_verified_token: bool,
    /// Whether it is answered in a development mode.
    is_in_development: bool,
}

impl Rejection {
    /// How long a client is asked to wait when nothing better is known.
    const RETRY_AFTER: Duration = Duration::from_secs(1);
    /// The longest wait that is passed on from an authorization server.
    const RETRY_AFTER_LIMIT: Duration = Duration::from_secs(60);

    /// A rejection for `reason`, of which nothing more is known.
    #[must_use]
    pub fn new(reason: Reason) -> Self {
        Self::because(reason, "")
    }

    /// A rejection for `reason`, with what is known of this request: the
    /// [`detail`](Diagnosis::detail) of its diagnosis. It goes to the log and nowhere else; it must
    /// hold neither the token nor a secret.
    #[must_use]
    pub fn because(reason: Reason, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            inner: Arc::new(Inner {
                diagnosis: Diagnosis::new(reason, detail.into()),
                parameters: Box::default(),
                ticket: None,
                retry_after: None,
                scheme: None,
                is_logged: false,
                is_of_verified_token: false,
                is_in_development: false,
            }),
        }
    }

    /// Names the scopes that the route needs, separated by spaces (RFC 6750 §3).
    #[must_use]
    pub fn with_scope(self, scope: &Scope) -> Self {
        self.with_parameters(format!(", scope=\"{}\"", scope.as_str()))
    }

    /// Says more in the challenge, in characters that need no escape.
    pub(crate) fn with_parameters(mut self, parameters: String) -> Self {
        Arc::make_mut(&mut self.inner).parameters = parameters.into();
        self
    }

    /// Tells the client where a permission is to be had, and for which ticket (UMA 2.0 Grant §3.2.1).
    pub(crate) fn with_ticket(mut self, as_uri: &str, ticket: &str) -> Self {
        let (as_uri, ticket) = (quoted_string(as_uri), quoted_string(ticket));
        let parameters = format!(", as_uri={as_uri}, ticket={ticket}");
        Arc::make_mut(&mut self.inner).ticket = Some(parameters.into());
        self
    }

    /// Names the scheme that the error is about, where that is not the one of the request's
    /// credentials: one that the route insists on, or of credentials that are malformed.
    #[must_use]
    pub fn under(mut self, scheme: Scheme) -> Self {
        Arc::make_mut(&mut self.inner).scheme = Some(scheme);
        self
    }

    /// Asks the client to come again after `wait`, clamped to between 1 and 60 seconds.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        let wait = wait.clamp(Self::RETRY_AFTER, Self::RETRY_AFTER_LIMIT);
        Arc::make_mut(&mut self.inner).retry_after = Some(wait);
        self
    }

    /// Names the route in the diagnosis where the rejection is about the route: that it wants a
    /// live answer and its verifier cannot ask. For adapters that know the route.
    #[must_use]
    pub fn on_route(mut self, method: &Method, uri: &Uri) -> Self {
        if self.reason() == Reason::CannotAsk {
            let route = format!("{method} {}", uri.path());
            let inner = Arc::make_mut(&mut self.inner);
            inner.diagnosis.on_route(&route);
            // Which route it was nobody has said yet.
            inner.is_logged = false;
        }
        self
    }

    /// Writes the line that the log has for it now, and not again when it is rendered. For adapters that
    /// answer by themselves, or too late for the layer.
    #[must_use]
    pub fn logged(mut self) -> Self {
        self.log();
        Arc::make_mut(&mut self.inner).is_logged = true;
        self
    }

    /// Says that the token was verified when it was refused: its signature is good, or its issuer has
    /// said this of it. For verifiers: a development mode
    /// ([`exposes_diagnosis`](crate::TokenVerifier::exposes_diagnosis)) tells of no other token what it
    /// claims wrongly. What is refused after a verifier has given its facts needs no such word.
    #[must_use]
    pub fn of_verified_token(mut self) -> Self {
        Arc::make_mut(&mut self.inner).is_of_verified_token = true;
        self
    }

    /// Has it answered in a development mode.
    pub(crate) fn in_development(mut self) -> Self {
        Arc::make_mut(&mut self.inner).is_in_development = true;
        self
    }

    /// Whether it is answered in a development mode.
    pub(crate) fn is_in_development(&self) -> bool {
        self.inner.is_in_development
    }

    /// Whether the answer may tell its client the fixed text of the [`diagnosis`](Self::diagnosis):
    /// only while a layer renders it whose verifier
    /// [says so](crate::TokenVerifier::exposes_diagnosis), and of what a token claims only if it
    /// [was verified](Self::of_verified_token), so that nothing is learned from one that was made up.
    /// The [`detail`](Diagnosis::detail) stays with the log all the same.
    #[must_use]
    pub fn exposes_diagnosis(&self) -> bool {
        let is_tellable = self.inner.is_of_verified_token || !self.reason().tells_of_claims();
        self.inner.is_in_development && is_tellable
    }

    /// Why the request is refused.
    #[must_use]
    pub fn reason(&self) -> Reason {
        self.inner.diagnosis.reason()
    }

    /// The HTTP status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.reason().status()
    }

    /// The gRPC status code of the answer: 16, 7, 14 or 13.
    #[must_use]
    pub fn grpc_code(&self) -> u8 {
        self.reason().grpc_code()
    }

    /// Whether the token was judged, and found bad.
    pub(crate) fn is_verdict(&self) -> bool {
        self.reason().answer() == answer::Answer::InvalidToken
    }

    /// The sentence that a client may read: fixed text, nothing of the token or of the
    /// configuration.
    #[must_use]
    pub fn description(&self) -> &'static str {
        self.reason().description()
    }

    /// What an operator should know.
    #[must_use]
    pub fn diagnosis(&self) -> &Diagnosis {
        &self.inner.diagnosis
    }

    /// How long the client is asked to wait; `Some` exactly when the status is 503.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        (self.status() == StatusCode::SERVICE_UNAVAILABLE)
            .then(|| self.inner.retry_after.unwrap_or(Self::RETRY_AFTER))
    }

    pub(crate) fn scheme(&self) -> Option<Scheme> {
        self.inner.scheme
    }

    pub(crate) fn parameters(&self) -> &str {
        &self.inner.parameters
    }

    pub(crate) fn ticket(&self) -> Option<&str> {
        self.inner.ticket.as_deref()
    }

    /// One log line a rejection, written where it is rendered: an operator's fault is an error, a
    /// good token that does not fit the handler a warning, everything else a detail. What goes
    /// wrong with the issuer is reported once, by the call or the fetch that found it out, and not
    /// by each request that it concerns.
    pub(crate) fn log(&self) {
        if self.inner.is_logged {
            return;
        }
        let (reason, line) = (self.reason().code(), self.diagnosis().line());
        let cure = self.diagnosis().cure();
        match self.reason().answer() {
            answer::Answer::Misconfigured => {
                tracing::error!(target: "portcullis::rejection", reason, cure, "{line}");
            }
            _ if self.reason() == Reason::ClaimsDoNotFit => {
                tracing::warn!(target: "portcullis::rejection", reason, cure, "{line}");
            }
            _ => tracing::debug!(target: "portcullis::rejection", reason, cure, "{line}"),
        }
    }
}

impl From<Reason> for Rejection {
    fn from(reason: Reason) -> Self {
        Self::new(reason)
    }
}

impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rejection")
            .field("reason", &self.reason())
            .field("diagnosis", &self.diagnosis().detail())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason().code())
    }
}

impl std::error::Error for Rejection {}
