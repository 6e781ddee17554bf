use http::StatusCode;

use super::{answer::Answer, grpc};

/// One row for each reason: what it means, its stable code, what class of answer it is, and the
/// sentence that a client may read. That says nothing of keys, issuers or audiences (RFC 6750 §3
/// limits its characters).
macro_rules! reasons {
    ($($(#[$doc:meta])+ $reason:ident $code:literal $answer:ident $description:literal)+) => {
        /// Why a request is refused. The codes are stable: logs, metrics and alerts may be keyed on
        /// them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Reason {
            $($(#[$doc])+ $reason,)+
        }

        impl Reason {
            /// Every reason, for those who prepare metrics or messages for each.
            pub const ALL: &'static [Self] = &[$(Self::$reason),+];

            /// The stable code, in snake case.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$reason => $code,)+
                }
            }

            pub(crate) const fn answer(self) -> Answer {
                match self {
                    $(Self::$reason => Answer::$answer,)+
                }
            }

            /// The sentence that a client reads: fixed text.
            #[must_use]
            pub const fn description(self) -> &'static str {
                match self {
                    $(Self::$reason => $description,)+
                }
            }
        }
    };
}

impl Reason {
    /// The HTTP status a client gets.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        self.answer().status()
    }

    /// The gRPC status code a client gets: 16 `UNAUTHENTICATED`, 7 `PERMISSION_DENIED`, 14
    /// `UNAVAILABLE` or 13 `INTERNAL`.
    #[must_use]
    pub const fn grpc_code(self) -> u8 {
        grpc::code(self.answer())
    }
}

reasons! {
    /// The request carries no credentials that Portcullis knows.
    MissingToken "missing_token" Unauthenticated
        "An access token is required"
    /// The credentials are not one well-formed set: two headers, a list, a scheme without token.
    MalformedCredentials "malformed_credentials" InvalidRequest
        "The request must carry exactly one set of credentials"
    /// The token is not made of the characters of a bearer token, or is too long.
    MalformedToken "malformed_token" InvalidToken
        "The access token is malformed"
    /// A token of a kind that this route cannot verify: encrypted, or opaque where only JWTs are.
    UnsupportedToken "unsupported_token" InvalidToken
        "The credentials are not an access token that is accepted here"
    /// The JOSE header is not well formed, or asks for what Portcullis does not do (`crit`).
    MalformedHeader "malformed_header" InvalidToken
        "The access token is malformed"
    /// The signature algorithm is not on the allow-list.
    AlgorithmNotAllowed "algorithm_not_allowed" InvalidToken
        "The access token could not be verified"
    /// A JWT, but not an access token (`typ`).
    NotAnAccessToken "not_an_access_token" InvalidToken
        "The credentials are not an access token that is accepted here"
    /// The claims are not well formed or lack what the profile requires.
    MalformedClaims "malformed_claims" InvalidToken
        "The access token is malformed"
    /// The token is from another issuer.
    WrongIssuer "wrong_issuer" InvalidToken
        "The access token is not meant for this service"
    /// The token is for another audience.
    WrongAudience "wrong_audience" InvalidToken
        "The access token is not meant for this service"
    /// The token was issued to a client that is not on the list (`azp`, `client_id`).
    WrongParty "wrong_party" InvalidToken
        "The access token is not meant for this service"
    /// `exp` has passed.
    Expired "expired" InvalidToken
        "The access token expired"
    /// `nbf` is ahead.
    NotYetValid "not_yet_valid" InvalidToken
        "The access token is not valid yet"
    /// `iat` is ahead.
    IssuedInFuture "issued_in_future" InvalidToken
        "The access token is not valid yet"
    /// No key of the issuer fits the token.
    UnknownKey "unknown_key" InvalidToken
        "The access token could not be verified"
    /// The signature is not that of the issuer's key.
    BadSignature "bad_signature" InvalidToken
        "The access token could not be verified"
    /// The authorization server says that the token is not active.
    Inactive "inactive" InvalidToken
        "The access token is not active"
    /// The token is over: the issuer has told so of its session, subject, client or itself.
    Revoked "revoked" InvalidToken
        "The access token is not active"
    /// The status list that the token names does not say that it is valid.
    StatusNotValid "status_not_valid" InvalidToken
        "The access token is not active"
    /// Something has happened that the token may not have survived, and nobody can be asked.
    Unconfirmed "unconfirmed" InvalidToken
        "The access token is not active"
    /// The token lives longer than `max_token_lifetime` or does not say how long, and nobody can be
    /// asked.
    LivesTooLong "lives_too_long" InvalidToken
        "The credentials are not an access token that is accepted here"
    /// The token is bound to a key or certificate that the request did not prove to hold.
    SenderConstrained "sender_constrained" InvalidToken
        "The access token is bound to a key that was not proven"
    /// The route takes bound tokens only, and this one is good for whoever has it.
    BindingRequired "binding_required" InvalidToken
        "An access token that is bound to a key is needed"
    /// The proof of possession is missing, malformed, or one for something else (RFC 9449 §7.1).
    InvalidProof "invalid_proof" InvalidProof
        "The DPoP proof is not valid"
    /// What a trusted proxy says of the client's certificate is malformed.
    MalformedCertificate "malformed_certificate" InvalidToken
        "The client certificate could not be read"
    /// The proof of possession was used before.
    ProofReplayed "proof_replayed" InvalidProof
        "The DPoP proof is not valid"
    /// The proof of possession has no nonce of ours, or an old one (RFC 9449 §9).
    ProofNeedsNonce "proof_needs_nonce" NeedsNonce
        "The DPoP proof needs a nonce of this service"
    /// The JWT and what the authorization server says of it contradict each other.
    StatementsDisagree "statements_disagree" InvalidToken
        "The access token could not be verified"
    /// The user was not authenticated as the route needs it (RFC 9470).
    InsufficientAuthentication "insufficient_authentication" InsufficientAuthentication
        "A different authentication of the user is needed"
    /// A scope that the route needs is missing.
    MissingScope "missing_scope" InsufficientScope
        "The access token lacks a scope"
    /// A role that the route needs is missing.
    MissingRole "missing_role" InsufficientScope
        "The access token does not grant this"
    /// An authority that the route needs is missing.
    MissingAuthority "missing_authority" InsufficientScope
        "The access token does not grant this"
    /// A permission that the route needs is missing.
    MissingPermission "missing_permission" InsufficientScope
        "The access token does not grant this"
    /// A permission that the route needs is missing; the challenge has a ticket for it (UMA 2.0 Grant
    /// §3.2.1).
    PermissionNeeded "permission_needed" NeedsPermission
        "The access token does not grant this"
    /// A permission that the route needs is missing, and no ticket for it can be had (UMA 2.0 Grant
    /// §3.2.2).
    TicketUnavailable "ticket_unavailable" InsufficientScope
        "The access token does not grant this"
    /// A requirement of the application's own is not met.
    RequirementNotMet "requirement_not_met" InsufficientScope
        "The access token does not grant this"
    /// The token is good, its claims do not fit the handler's type.
    ClaimsDoNotFit "claims_do_not_fit" InsufficientScope
        "The access token does not grant this"
    /// The authorization server could not be reached.
    IssuerUnreachable "issuer_unreachable" Unavailable
        "The access token cannot be verified at the moment"
    /// The authorization server did not answer in time.
    IssuerTimeout "issuer_timeout" Unavailable
        "The access token cannot be verified at the moment"
    /// The authorization server answered with an error.
    IssuerFailed "issuer_failed" Unavailable
        "The access token cannot be verified at the moment"
    /// The authorization server fails at this one token, or refuses to say anything about it.
    IssuerFailedAtToken "issuer_failed_at_token" Unavailable
        "The access token cannot be verified at the moment"
    /// The metadata at the configured address is that of another issuer (RFC 8414 §3.3).
    OtherIssuer "other_issuer" Unavailable
        "The access token cannot be verified at the moment"
    /// Whoever has sent the request waits no longer (`grpc-timeout`).
    CallerDeadline "caller_deadline" Unavailable
        "The access token cannot be verified at the moment"
    /// The authorization server answered with something that is not an answer.
    IssuerAnswerMalformed "issuer_answer_malformed" Unavailable
        "The access token cannot be verified at the moment"
    /// The authorization server has switched the realm off.
    IssuerDisabled "issuer_disabled" Unavailable
        "The access token cannot be verified at the moment"
    /// Too many calls to the authorization server are under way.
    IssuerBusy "issuer_busy" Unavailable
        "The access token cannot be verified at the moment"
    /// The authorization server has not answered lately, and nobody asks it for a while.
    CircuitOpen "circuit_open" Unavailable
        "The access token cannot be verified at the moment"
    /// What becomes of the token cannot be told at the moment: news about it comes in.
    RevocationPending "revocation_pending" Unavailable
        "The access token cannot be verified at the moment"
    /// The status list that the token names could not be had.
    StatusUnavailable "status_unavailable" Unavailable
        "The access token cannot be verified at the moment"
    /// Whether the proof of possession was used before cannot be told.
    ProofUseUnknown "proof_use_unknown" Unavailable
        "The access token cannot be verified at the moment"
    /// The issuer's keys could not be had.
    KeysUnavailable "keys_unavailable" Unavailable
        "The access token cannot be verified at the moment"
    /// The token's key is not known yet: the key set is older than the token.
    KeyPending "key_pending" Unavailable
        "The access token cannot be verified at the moment"
    /// The answer comes from a cache between us and the authorization server.
    AnswerNotLive "answer_not_live" Unavailable
        "The access token cannot be verified at the moment"
    /// The authorization server refuses our own credentials.
    ClientCredentialsRefused "client_credentials_refused" Misconfigured
        "The service is not configured correctly"
    /// The authorization server refuses our request for a reason that is ours.
    RequestRefused "request_refused" Misconfigured
        "The service is not configured correctly"
    /// The route asks for a live answer and the verifier cannot ask.
    CannotAsk "cannot_ask" Misconfigured
        "The service is not configured correctly"
    /// No `AuthenticateLayer` is around the route.
    LayerMissing "layer_missing" Misconfigured
        "The service is not configured correctly"
    /// A defect of Portcullis or of a custom part.
    Internal "internal" Misconfigured
        "The service is not configured correctly"
}
