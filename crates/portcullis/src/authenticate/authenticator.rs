use std::{fmt, mem, sync::Arc};

use http::{HeaderName, Method, Request, header};

use super::{
    Admission, VerifiedToken, Waiting,
    caller_deadline::caller_deadline,
    guarded::{Guarded, guarded},
    judge::{Question, Verdict, judge, judge_status},
    presentation::Presentation,
    verified_token::Presented,
    waiting::{Entered, Entry},
};
use crate::{
    AuthorizationHeader, CertificateSource, Clock, ClockReading, ConfigError, Credentials, Dpop,
    Freshness, Reason, Rejection, RequestView, ResourceMetadata, TokenExtractor, TokenFacts,
    TokenVerifier,
    rejection::{GrpcFlavor, ProtectionSpace},
    telemetry::StandingOutcome,
    verify::jwt::Memory,
};

/// The whole way without a framework: extractor, verifier, judge.
///
/// The [`AuthenticateLayer`](crate::AuthenticateLayer) wraps one; only an authenticator makes a
/// [`VerifiedToken`].
#[derive(Clone)]
pub struct Authenticator {
    extractor: Arc<dyn TokenExtractor>,
    verifier: Arc<dyn TokenVerifier>,
    clock: Arc<dyn Clock>,
    space: ProtectionSpace,
    is_optional: bool,
    allows_preflight: bool,
    answers_grpc: bool,
    strips_token: bool,
    /// Whether the token may stand elsewhere than in `Authorization`.
    looks_elsewhere: bool,
    varies: bool,
    exposes_diagnosis: bool,
    pub(super) dpop: Option<Arc<Dpop>>,
    pub(super) certificates: Option<CertificateSource>,
}

/// How far a request has come.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// No credentials, and the authenticator does not insist.
    Anonymous,
    /// A good token.
    Verified(VerifiedToken),
    /// Refused.
    Rejected(Rejection),
    /// The issuer has to be asked; await it.
    Waiting(Waiting),
}

impl Authenticator {
    /// An authenticator that takes the token from the `Authorization` header.
    pub fn new(verifier: impl TokenVerifier) -> Self {
        Self {
            extractor: Arc::new(AuthorizationHeader::default()),
            clock: verifier.clock(),
            exposes_diagnosis: verifier.exposes_diagnosis(),
            verifier: Arc::new(verifier),
            space: ProtectionSpace::default(),
            is_optional: false,
            allows_preflight: false,
            answers_grpc: false,
            strips_token: false,
            looks_elsewhere: false,
            varies: false,
            dpop: None,
            certificates: None,
        }
    }

    /// Takes the token from another place.
    #[must_use]
    pub fn extractor(mut self, extractor: impl TokenExtractor) -> Self {
        self.extractor = Arc::new(extractor);
        self.looks_elsewhere = true;
        self
    }

    /// Lets requests without credentials through as anonymous. A bad token is refused all the
    /// same.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.is_optional = true;
        self
    }

    /// Lets CORS preflight requests through as anonymous: `OPTIONS` with `Origin` and
    /// `Access-Control-Request-Method`, which browsers send without credentials (Fetch §4.8).
    ///
    /// **Whatever is inside answers them, and anybody can send one, bad token and all.** A
    /// handler that takes every method (`axum::routing::any`, a fallback, a proxy) runs without
    /// a token; there, let a CORS layer outside of this one answer preflights and leave this
    /// off. Never put a layer inside that takes the method from elsewhere
    /// (`X-HTTP-Method-Override`): it makes any request of an anonymous `OPTIONS`.
    #[must_use]
    pub fn allow_preflight(mut self) -> Self {
        self.allows_preflight = true;
        self
    }

    /// Has the [`AuthenticateLayer`](crate::AuthenticateLayer) answer requests of gRPC in gRPC: for servers
    /// with tonic inside, beside HTTP or alone.
    ///
    /// **Such a refusal has HTTP status 200**, and the refusal stands in `grpc-status`. Whoever goes by the
    /// HTTP status alone, as a proxy does that asks whether to let a request through, takes it for a
    /// yes, and it is the client who says by its `Content-Type` that it speaks gRPC. So leave it off
    /// where nothing inside does.
    #[must_use]
    pub fn answer_grpc(mut self) -> Self {
        self.answers_grpc = true;
        self
    }

    /// Takes the `Authorization` header off the request before the handler sees it.
    #[must_use]
    pub fn strip_token(mut self) -> Self {
        self.strips_token = true;
        self
    }

    /// Adds `Vary: Authorization` to every response: for services that let shared caches keep
    /// what depends on who asks (RFC 9111 §4.1). What the handler names in `Vary` stays.
    #[must_use]
    pub fn vary(mut self) -> Self {
        self.varies = true;
        self
    }

    /// Takes tokens under the scheme `DPoP` too, each with a proof of possession (RFC 9449). A
    /// token that is bound to a key is refused wherever no proof is judged.
    ///
    /// [Nonces](Dpop::nonces) are handed out by the [`AuthenticateLayer`](crate::AuthenticateLayer)
    /// alone: whoever answers requests himself does without.
    #[must_use]
    pub fn dpop(mut self, dpop: Dpop) -> Self {
        self.space = self.space.with_dpop(dpop.algorithm_names());
        self.dpop = Some(Arc::new(dpop));
        self
    }

    /// Knows the client certificates of requests from this source (RFC 8705). A token that is
    /// bound to a certificate is refused wherever none is known.
    #[must_use]
    pub fn client_certificate(mut self, source: CertificateSource) -> Self {
        self.certificates = Some(source);
        self
    }

    /// Names the address of the resource's metadata in challenges (RFC 9728 §5.1). Serving it is
    /// another matter, see [`ResourceMetadata`].
    #[must_use]
    pub fn resource_metadata(mut self, metadata: &ResourceMetadata) -> Self {
        self.space = self.space.with_resource_metadata(metadata.url());
        self
    }

    /// Names the protection space of the challenges; `api` unless set.
    ///
    /// # Errors
    /// When the name cannot stand in a header.
    pub fn realm(mut self, name: &str) -> Result<Self, ConfigError> {
        self.space = self.space.named(name)?;
        Ok(self)
    }

    /// Begins to authenticate a request. Waits for nobody; where somebody has to be asked, the
    /// outcome is a future.
    #[must_use]
    pub fn begin(self: &Arc<Self>, request: RequestView<'_>) -> Outcome {
        self.enter(request, self.is_optional, &mut Presentation::default())
    }

    /// The same, and what the answer has to say of what was presented.
    pub(super) fn enter(
        self: &Arc<Self>,
        request: RequestView<'_>,
        is_optional: bool,
        presentation: &mut Presentation,
    ) -> Outcome {
        if self.allows_preflight && is_preflight(request) {
            return Outcome::Anonymous;
        }
        let now = self.clock.read();
        let mut memory = Memory::of(&*self.verifier);
        let found = guarded("a token extractor panicked", || {
            let request = request.accepting_dpop(self.dpop.is_some());
            self.extractor.find_remembering(request, &mut memory)
        });
        let mut credentials = match found {
            Ok(Some(credentials)) => credentials,
            Ok(None) if is_optional => return Outcome::Anonymous,
            Ok(None) => return Outcome::Rejected(Reason::MissingToken.into()),
            Err(rejection) => return Outcome::Rejected(rejection),
        };
        presentation.scheme = Some(credentials.scheme);
        presentation.is_private = credentials.has_private_answer();
        let proof = match self.prove(request, &mut credentials, presentation) {
            Ok(proof) => proof,
            Err(rejection) => return Outcome::Rejected(rejection),
        };
        let recalled = memory.into_recalled_of(&credentials.token);
        let verification = Guarded::start(|| match recalled {
            Some(recalled) => self.verifier.verify_recalled(&credentials, recalled, now),
            None => self
                .verifier
                .verify_at(&credentials, Freshness::AsConfigured, now),
        });
        let entry = Entry {
            required: Admission::requirements(request.extensions, &credentials),
            presented: Presented {
                authenticator: self.clone(),
                credentials,
                arrived: now.monotonic,
                caller_deadline: caller_deadline(request.method, request.headers),
            },
            proof,
        };
        match verification.answer() {
            Ok(answer) => match entry.enter(answer, now) {
                Entered::Admitted(token) => Outcome::Verified(token),
                Entered::Refused(rejection) => Outcome::Rejected(rejection),
                Entered::Doubted(entry, facts, question) => {
                    Outcome::Waiting(Waiting::settling(entry, facts, question))
                }
                Entered::Taking(entry, facts, taking) => {
                    Outcome::Waiting(Waiting::taking(entry, facts, taking))
                }
            },
            Err(verification) => {
                Outcome::Waiting(Waiting::verifying(Box::new(entry), verification))
            }
        }
    }

    /// Authenticates a request to the end: the token, or `None` for an anonymous request that is
    /// let through.
    ///
    /// # Errors
    /// The rejection to answer with.
    pub async fn authenticate(
        self: &Arc<Self>,
        request: RequestView<'_>,
    ) -> Result<Option<VerifiedToken>, Rejection> {
        let waiting = match self.begin(request) {
            Outcome::Anonymous => return Ok(None),
            Outcome::Verified(token) => return Ok(Some(token)),
            Outcome::Rejected(rejection) => return Err(rejection),
            Outcome::Waiting(waiting) => waiting,
        };
        waiting.await.map(Some)
    }

    /// Whether somebody can be asked about the token. The verifier may be the application's own.
    pub(super) fn can_ask_about(&self, credentials: &Credentials) -> bool {
        guarded("a verifier panicked", || {
            Ok(self.verifier.can_ask_about(credentials))
        })
        .unwrap_or_default()
    }

    pub(super) fn verifier(&self) -> &dyn TokenVerifier {
        &*self.verifier
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// How proofs are judged, where they are.
    pub(super) fn proofs(&self) -> Option<&Dpop> {
        self.dpop.as_deref()
    }

    pub(super) fn space(&self) -> &ProtectionSpace {
        &self.space
    }

    /// Covers the token where the extractor has found it, and the proof beside it.
    pub(super) fn cover<B>(&self, request: &mut Request<B>) {
        if self.dpop.is_some() {
            Dpop::cover(request.headers_mut());
        }
        if !self.looks_elsewhere {
            return;
        }
        let mut uri = mem::take(request.uri_mut());
        let headers = request.headers_mut();
        let covered = guarded("a token extractor panicked", || {
            self.extractor.cover(headers, &mut uri, self.strips_token);
            Ok(())
        });
        *request.uri_mut() = uri;
        if let Err(defect) = covered {
            defect.log();
        }
    }

    /// A header of the request that may be a lie of its client.
    pub(super) fn untrusted_header(&self, request: RequestView<'_>) -> Option<HeaderName> {
        self.certificates.as_ref()?.untrusted_header(request)
    }

    /// In which flavor of gRPC a request is answered, `None` where that is HTTP.
    pub(super) fn flavor<B>(&self, request: &Request<B>) -> Option<GrpcFlavor> {
        self.answers_grpc.then(|| GrpcFlavor::of(request)).flatten()
    }

    pub(super) fn is_optional(&self) -> bool {
        self.is_optional
    }

    pub(super) fn strips_token(&self) -> bool {
        self.strips_token
    }

    pub(super) fn varies(&self) -> bool {
        self.varies
    }

    /// Whether clients are told why their requests are refused.
    pub(super) fn exposes_diagnosis(&self) -> bool {
        self.exposes_diagnosis
    }

    /// The verdict on facts, now. What nobody can be asked about is refused, or borne.
    pub(super) fn judge(
        &self,
        facts: &TokenFacts,
        credentials: &Credentials,
        now: ClockReading,
    ) -> Verdict {
        match judge(facts, credentials, now) {
            Verdict::Open(Question::Token(doubt)) if !self.can_ask_about(credentials) => {
                match doubt.refusal() {
                    Some(rejection) => {
                        facts.count_standing(StandingOutcome::Unasked);
                        Verdict::Refused(self.tellable(rejection))
                    }
                    None => judge_status(facts),
                }
            }
            Verdict::Good => judge_status(facts),
            Verdict::Refused(rejection) => Verdict::Refused(self.tellable(rejection)),
            verdict @ Verdict::Open(_) => verdict,
        }
    }

    /// There are facts of the token that is refused, so it was verified.
    fn tellable(&self, refusal: Rejection) -> Rejection {
        if self.exposes_diagnosis {
            return refusal.of_verified_token();
        }
        refusal
    }
}

fn is_preflight(request: RequestView<'_>) -> bool {
    request.method == Method::OPTIONS
        && request.headers.contains_key(header::ORIGIN)
        && request
            .headers
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticator")
            .field("space", &self.space)
            .field("is_optional", &self.is_optional)
            .finish_non_exhaustive()
    }
}
