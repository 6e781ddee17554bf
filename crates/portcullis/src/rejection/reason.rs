use http::StatusCode;

/// Why a request is refused. The codes are stable: logs, metrics and alerts may be keyed on
/// them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The request carries no credentials that Portcullis knows.
    MissingToken,
    /// The credentials are not one well-formed set: two headers, a list, a scheme without token.
    MalformedCredentials,
    /// The token is not made of the characters of a bearer token, or is too long.
    MalformedToken,
    /// A token of a kind that this route cannot verify: encrypted, or opaque where only JWTs are.
    UnsupportedToken,
    /// The JOSE header is not well formed, or asks for what Portcullis does not do (`crit`).
    MalformedHeader,
    /// The signature algorithm is not on the allow-list.
    AlgorithmNotAllowed,
    /// A JWT, but not an access token (`typ`).
    NotAnAccessToken,
    /// The claims are not well formed or lack what the profile requires.
    MalformedClaims,
    /// The token is from another issuer.
    WrongIssuer,
    /// The token is for another audience.
    WrongAudience,
    /// The token was issued to a client that is not on the list (`azp`, `client_id`).
    WrongParty,
    /// `exp` has passed.
    Expired,
    /// `nbf` is ahead.
    NotYetValid,
    /// `iat` is ahead.
    IssuedInFuture,
    /// No key of the issuer fits the token.
    UnknownKey,
    /// The signature is not that of the issuer's key.
    BadSignature,
    /// The authorization server says that the token is not active.
    Inactive,
    /// The token is over: the issuer has told so of its session, subject, client or itself.
    Revoked,
    /// The status list that the token names does not say that it is valid.
    StatusNotValid,
    /// Something has happened that the token may not have survived, and nobody can be asked.
    Unconfirmed,
    /// The token lives longer than `max_token_lifetime` or does not say how long, and nobody can be
    /// asked.
    LivesTooLong,
    /// The token is bound to a key or certificate that the request did not prove to hold.
    SenderConstrained,
    /// The route takes bound tokens only, and this one is good for whoever has it.
    BindingRequired,
    /// The proof of possession is missing, malformed, or one for something else (RFC 9449 §7.1).
    InvalidProof,
    /// What a trusted proxy says of the client's certificate is malformed.
    MalformedCertificate,
    /// The proof of possession was used before.
    ProofReplayed,
    /// The proof of possession has no nonce of ours, or an old one (RFC 9449 §9).
    ProofNeedsNonce,
    /// The JWT and what the authorization server says of it contradict each other.
    StatementsDisagree,
    /// The user was not authenticated as the route needs it (RFC 9470).
    InsufficientAuthentication,
    /// A scope that the route needs is missing.
    MissingScope,
    /// A role that the route needs is missing.
    MissingRole,
    /// An authority that the route needs is missing.
    MissingAuthority,
    /// A permission that the route needs is missing.
    MissingPermission,
    /// A permission that the route needs is missing; the challenge has a ticket for it (UMA 2.0 Grant
    /// §3.2.1).
    PermissionNeeded,
    /// A permission that the route needs is missing, and no ticket for it can be had (UMA 2.0 Grant
    /// §3.2.2).
    TicketUnavailable,
    /// A requirement of the application's own is not met.
    RequirementNotMet,
    /// The token is good, its claims do not fit the handler's type.
    ClaimsDoNotFit,
    /// The authorization server could not be reached.
    IssuerUnreachable,
    /// The authorization server did not answer in time.
    IssuerTimeout,
    /// The authorization server answered with an error.
    IssuerFailed,
    /// The authorization server fails at this one token, or refuses to say anything about it.
    IssuerFailedAtToken,
    /// The metadata at the configured address is that of another issuer (RFC 8414 §3.3).
    OtherIssuer,
    /// Whoever has sent the request waits no longer (`grpc-timeout`).
    CallerDeadline,
    /// The authorization server answered with something that is not an answer.
    IssuerAnswerMalformed,
    /// The authorization server has switched the realm off.
    IssuerDisabled,
    /// Too many calls to the authorization server are under way.
    IssuerBusy,
    /// The authorization server has not answered lately, and nobody asks it for a while.
    CircuitOpen,
    /// What becomes of the token cannot be told at the moment: news about it comes in.
    RevocationPending,
    /// The status list that the token names could not be had.
    StatusUnavailable,
    /// Whether the proof of possession was used before cannot be told.
    ProofUseUnknown,
    /// The issuer's keys could not be had.
    KeysUnavailable,
    /// The token's key is not known yet: the key set is older than the token.
    KeyPending,
    /// The answer comes from a cache between us and the authorization server.
    AnswerNotLive,
    /// The authorization server refuses our own credentials.
    ClientCredentialsRefused,
    /// The authorization server refuses our request for a reason that is ours.
    RequestRefused,
    /// The route asks for a live answer and the verifier cannot ask.
    CannotAsk,
    /// No `AuthenticateLayer` is around the route.
    LayerMissing,
    /// A defect of Portcullis or of a custom part.
    Internal,
    // `ALL` counts on `Internal` being the last.
}

/// What a class of reasons means to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// 401 without an error: nothing was presented.
    Unauthenticated,
    /// 400 `invalid_request`.
    InvalidRequest,
    /// 401 `invalid_token`: the token was judged.
    InvalidToken,
    /// 401 `invalid_dpop_proof`: what came beside the token was judged.
    InvalidProof,
    /// 401 `use_dpop_nonce`.
    NeedsNonce,
    /// 401 `insufficient_user_authentication`: the token is good, another would do better.
    InsufficientAuthentication,
    /// 401 with a ticket: another token will do, and this is the way to it.
    NeedsPermission,
    /// 403 `insufficient_scope`.
    InsufficientScope,
    /// 503: we could not know.
    Unavailable,
    /// 500: the operator has to act.
    Misconfigured,
}

impl Reason {
    /// Every reason, for those who prepare metrics or messages for each.
    pub const ALL: &'static [Self] = &Self::EVERY;

    /// Its length makes the compiler ask for a new reason here.
    const EVERY: [Self; Self::Internal as usize + 1] = [
        Self::MissingToken,
        Self::MalformedCredentials,
        Self::MalformedToken,
        Self::UnsupportedToken,
        Self::MalformedHeader,
        Self::AlgorithmNotAllowed,
        Self::NotAnAccessToken,
        Self::MalformedClaims,
        Self::WrongIssuer,
        Self::WrongAudience,
        Self::WrongParty,
        Self::Expired,
        Self::NotYetValid,
        Self::IssuedInFuture,
        Self::UnknownKey,
        Self::BadSignature,
        Self::Inactive,
        Self::Revoked,
        Self::StatusNotValid,
        Self::Unconfirmed,
        Self::LivesTooLong,
        Self::SenderConstrained,
        Self::BindingRequired,
        Self::InvalidProof,
        Self::MalformedCertificate,
        Self::ProofReplayed,
        Self::ProofNeedsNonce,
        Self::StatementsDisagree,
        Self::InsufficientAuthentication,
        Self::MissingScope,
        Self::MissingRole,
        Self::MissingAuthority,
        Self::MissingPermission,
        Self::PermissionNeeded,
        Self::TicketUnavailable,
        Self::RequirementNotMet,
        Self::ClaimsDoNotFit,
        Self::IssuerUnreachable,
        Self::IssuerTimeout,
        Self::IssuerFailed,
        Self::IssuerFailedAtToken,
        Self::OtherIssuer,
        Self::CallerDeadline,
        Self::IssuerAnswerMalformed,
        Self::IssuerDisabled,
        Self::IssuerBusy,
        Self::CircuitOpen,
        Self::RevocationPending,
        Self::StatusUnavailable,
        Self::ProofUseUnknown,
        Self::KeysUnavailable,
        Self::KeyPending,
        Self::AnswerNotLive,
        Self::ClientCredentialsRefused,
        Self::RequestRefused,
        Self::CannotAsk,
        Self::LayerMissing,
        Self::Internal,
    ];

    /// The stable code, in snake case.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::MissingToken => "missing_token",
            Self::MalformedCredentials => "malformed_credentials",
            Self::MalformedToken => "malformed_token",
            Self::UnsupportedToken => "unsupported_token",
            Self::MalformedHeader => "malformed_header",
            Self::AlgorithmNotAllowed => "algorithm_not_allowed",
            Self::NotAnAccessToken => "not_an_access_token",
            Self::MalformedClaims => "malformed_claims",
            Self::WrongIssuer => "wrong_issuer",
            Self::WrongAudience => "wrong_audience",
            Self::WrongParty => "wrong_party",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::IssuedInFuture => "issued_in_future",
            Self::UnknownKey => "unknown_key",
            Self::BadSignature => "bad_signature",
            Self::Inactive => "inactive",
            Self::Revoked => "revoked",
            Self::StatusNotValid => "status_not_valid",
            Self::Unconfirmed => "unconfirmed",
            Self::LivesTooLong => "lives_too_long",
            Self::SenderConstrained => "sender_constrained",
            Self::BindingRequired => "binding_required",
            Self::InvalidProof => "invalid_proof",
            Self::MalformedCertificate => "malformed_certificate",
            Self::ProofReplayed => "proof_replayed",
            Self::ProofNeedsNonce => "proof_needs_nonce",
            Self::StatementsDisagree => "statements_disagree",
            Self::InsufficientAuthentication => "insufficient_authentication",
            Self::MissingScope => "missing_scope",
            Self::MissingRole => "missing_role",
            Self::MissingAuthority => "missing_authority",
            Self::MissingPermission => "missing_permission",
            Self::PermissionNeeded => "permission_needed",
            Self::TicketUnavailable => "ticket_unavailable",
            Self::RequirementNotMet => "requirement_not_met",
            Self::ClaimsDoNotFit => "claims_do_not_fit",
            Self::IssuerUnreachable => "issuer_unreachable",
            Self::IssuerTimeout => "issuer_timeout",
            Self::IssuerFailed => "issuer_failed",
            Self::IssuerFailedAtToken => "issuer_failed_at_token",
            Self::OtherIssuer => "other_issuer",
            Self::CallerDeadline => "caller_deadline",
            Self::IssuerAnswerMalformed => "issuer_answer_malformed",
            Self::IssuerDisabled => "issuer_disabled",
            Self::IssuerBusy => "issuer_busy",
            Self::CircuitOpen => "circuit_open",
            Self::RevocationPending => "revocation_pending",
            Self::StatusUnavailable => "status_unavailable",
            Self::ProofUseUnknown => "proof_use_unknown",
            Self::KeysUnavailable => "keys_unavailable",
            Self::KeyPending => "key_pending",
            Self::AnswerNotLive => "answer_not_live",
            Self::ClientCredentialsRefused => "client_credentials_refused",
            Self::RequestRefused => "request_refused",
            Self::CannotAsk => "cannot_ask",
            Self::LayerMissing => "layer_missing",
            Self::Internal => "internal",
        }
    }

    /// The HTTP status a client gets.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self.answer() {
            Answer::Unauthenticated
            | Answer::InvalidToken
            | Answer::InvalidProof
            | Answer::NeedsNonce
            | Answer::InsufficientAuthentication
            | Answer::NeedsPermission => StatusCode::UNAUTHORIZED,
            Answer::InvalidRequest => StatusCode::BAD_REQUEST,
            Answer::InsufficientScope => StatusCode::FORBIDDEN,
            Answer::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Answer::Misconfigured => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    pub(crate) const fn answer(self) -> Answer {
        match self {
            Self::MissingToken => Answer::Unauthenticated,
            Self::MalformedCredentials => Answer::InvalidRequest,
            Self::MalformedToken
            | Self::UnsupportedToken
            | Self::MalformedHeader
            | Self::AlgorithmNotAllowed
            | Self::NotAnAccessToken
            | Self::MalformedClaims
            | Self::WrongIssuer
            | Self::WrongAudience
            | Self::WrongParty
            | Self::Expired
            | Self::NotYetValid
            | Self::IssuedInFuture
            | Self::UnknownKey
            | Self::BadSignature
            | Self::Inactive
            | Self::Revoked
            | Self::StatusNotValid
            | Self::Unconfirmed
            | Self::LivesTooLong
            | Self::SenderConstrained
            | Self::BindingRequired
            | Self::MalformedCertificate
            | Self::StatementsDisagree => Answer::InvalidToken,
            Self::InvalidProof | Self::ProofReplayed => Answer::InvalidProof,
            Self::ProofNeedsNonce => Answer::NeedsNonce,
            Self::InsufficientAuthentication => Answer::InsufficientAuthentication,
            Self::PermissionNeeded => Answer::NeedsPermission,
            Self::MissingScope
            | Self::MissingRole
            | Self::MissingAuthority
            | Self::MissingPermission
            | Self::TicketUnavailable
            | Self::RequirementNotMet
            | Self::ClaimsDoNotFit => Answer::InsufficientScope,
            Self::IssuerUnreachable
            | Self::IssuerTimeout
            | Self::IssuerFailed
            | Self::IssuerFailedAtToken
            | Self::OtherIssuer
            | Self::CallerDeadline
            | Self::IssuerAnswerMalformed
            | Self::IssuerDisabled
            | Self::IssuerBusy
            | Self::CircuitOpen
            | Self::RevocationPending
            | Self::StatusUnavailable
            | Self::ProofUseUnknown
            | Self::KeysUnavailable
            | Self::KeyPending
            | Self::AnswerNotLive => Answer::Unavailable,
            Self::ClientCredentialsRefused
            | Self::RequestRefused
            | Self::CannotAsk
            | Self::LayerMissing
            | Self::Internal => Answer::Misconfigured,
        }
    }

    /// The sentence a client may read. It says nothing of keys, issuers or audiences
    /// (RFC 6750 §3 limits its characters).
    pub(crate) const fn description(self) -> &'static str {
        match self {
            Self::MissingToken => "An access token is required",
            Self::MalformedCredentials => "The request must carry exactly one set of credentials",
            Self::MalformedToken | Self::MalformedHeader | Self::MalformedClaims => {
                "The access token is malformed"
            }
            Self::UnsupportedToken | Self::NotAnAccessToken | Self::LivesTooLong => {
                "The credentials are not an access token that is accepted here"
            }
            Self::WrongIssuer | Self::WrongAudience | Self::WrongParty => {
                "The access token is not meant for this service"
            }
            Self::Expired => "The access token expired",
            Self::NotYetValid | Self::IssuedInFuture => "The access token is not valid yet",
            Self::AlgorithmNotAllowed
            | Self::UnknownKey
            | Self::BadSignature
            | Self::StatementsDisagree => "The access token could not be verified",
            Self::Inactive | Self::Revoked | Self::StatusNotValid | Self::Unconfirmed => {
                "The access token is not active"
            }
            Self::MalformedCertificate => "The client certificate could not be read",
            Self::SenderConstrained => "The access token is bound to a key that was not proven",
            Self::BindingRequired => "An access token that is bound to a key is needed",
            Self::InvalidProof | Self::ProofReplayed => "The DPoP proof is not valid",
            Self::ProofNeedsNonce => "The DPoP proof needs a nonce of this service",
            Self::InsufficientAuthentication => "A different authentication of the user is needed",
            Self::MissingScope => "The access token lacks a scope",
            Self::MissingRole
            | Self::MissingAuthority
            | Self::MissingPermission
            | Self::PermissionNeeded
            | Self::TicketUnavailable
            | Self::RequirementNotMet
            | Self::ClaimsDoNotFit => "The access token does not grant this",
            Self::IssuerUnreachable
            | Self::IssuerTimeout
            | Self::IssuerFailed
            | Self::IssuerFailedAtToken
            | Self::OtherIssuer
            | Self::CallerDeadline
            | Self::IssuerAnswerMalformed
            | Self::IssuerDisabled
            | Self::IssuerBusy
            | Self::CircuitOpen
            | Self::RevocationPending
            | Self::StatusUnavailable
            | Self::ProofUseUnknown
            | Self::KeysUnavailable
            | Self::KeyPending
            | Self::AnswerNotLive => "The access token cannot be verified at the moment",
            Self::ClientCredentialsRefused
            | Self::RequestRefused
            | Self::CannotAsk
            | Self::LayerMissing
            | Self::Internal => "The service is not configured correctly",
        }
    }
}
