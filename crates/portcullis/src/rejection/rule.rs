//! What a token is held to, and in which order.

use super::Reason;

/// One row for each rule: what it is about, its stable code, and what holds where it is met.
macro_rules! rules {
    ($($(#[$doc:meta])+ $rule:ident $code:literal $demand:literal)+) => {
        /// What a request and its token are held to. Each [`Reason`] that is a verdict belongs to one
        /// ([`Reason::rule`]); the order is that of [`OF_JWTS`](Self::OF_JWTS) and
        /// [`OF_ANSWERS`](Self::OF_ANSWERS), not that of the variants. The codes are stable.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $($(#[$doc])+ $rule,)+
        }

        impl Rule {
            /// The stable code, in snake case.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$rule => $code,)+
                }
            }

            /// What holds where the rule is met: fixed text, nothing of tokens or configuration.
            #[must_use]
            pub const fn demand(self) -> &'static str {
                match self {
                    $(Self::$rule => $demand,)+
                }
            }
        }
    };
}

rules! {
    /// What was presented (RFC 6750 §2, RFC 9110 §11).
    Credentials "credentials"
        "the request has exactly one well-formed set of credentials"
    /// What came beside the token: a DPoP proof, a client certificate (RFC 9449 §4.3, RFC 8705).
    Proof "proof"
        "the proof of possession and the client certificate that came with the token are good"
    /// Whether it is known here how such a token is verified.
    Shape "shape"
        "the token is a signed JWT, or one that the authorization server can be asked about"
    /// The JOSE header (RFC 7515 §4).
    Header "header"
        "the JOSE header is well formed and asks for nothing that is not understood"
    /// `alg` (RFC 8725 §3.1).
    Algorithm "algorithm"
        "the signature algorithm is allowed"
    /// `typ` and what else says what a token is for (RFC 9068 §4, RFC 8725 §3.11).
    Kind "kind"
        "the token is an access token, and neither an ID token nor another kind"
    /// The claims as such (RFC 9068 §2.2).
    Claims "claims"
        "the claims are well formed, and those that the profile wants are there"
    /// `iss`.
    Issuer "issuer"
        "the token is from the configured issuer"
    /// `azp`, else `client_id`.
    Party "party"
        "the token was issued to a client whose tokens are accepted"
    /// `aud`.
    Audience "audience"
        "the token is meant for this service"
    /// `exp`, `nbf` and `iat`.
    Time "time"
        "the token has begun and has not ended"
    /// `cnf` (RFC 7800).
    Binding "binding"
        "the request has proven what the token is bound to"
    /// The key that signed it (RFC 7517).
    Key "key"
        "the issuer has a key that fits the token"
    /// The signature (RFC 7515 §5.2).
    Signature "signature"
        "the token is signed with that key"
    /// `active` (RFC 7662 §2.2).
    Active "active"
        "the authorization server calls the token active"
    /// The JWT beside what the server says of it.
    Agreement "agreement"
        "what the authorization server says of the token is what the token says of itself"
    /// What issuers have told of sessions, subjects, clients and tokens that are over.
    Revocation "revocation"
        "nothing is known here with which the token has ended"
    /// The status list that the token names.
    Status "status"
        "the status list that the token names calls it valid"
    /// Whether the proof of possession was used before (RFC 9449 §11.1).
    Replay "replay"
        "the proof of possession was not used before"
    /// What the route wants of a good token, the type of its claims included.
    Requirements "requirements"
        "the token grants what the route requires"
}

impl Rule {
    /// The rules that a JWT is held to which is verified here, in the order in which they are applied:
    /// whatever is refused by one of them has met all that stand before it.
    ///
    /// Where the server is asked about the JWT as well, since the route wants a live answer or there
    /// is a doubt, that comes after these, by [`OF_ANSWERS`](Self::OF_ANSWERS) from
    /// [`Active`](Self::Active) on. One that the server has called inactive and that cannot be asked
    /// about again is refused as inactive where [`Revocation`](Self::Revocation) stands.
    ///
    /// Three things come earlier than they stand here: a service of several issuers looks for the
    /// issuer before anything else of the token, a payload that is not even UTF-8 is refused before
    /// its kind is looked at, and credentials under `DPoP` that an extractor hands to a layer which
    /// judges no proofs are refused at once.
    pub const OF_JWTS: &'static [Self] = &[
        Self::Credentials,
        Self::Proof,
        Self::Shape,
        Self::Header,
        Self::Algorithm,
        Self::Kind,
        Self::Claims,
        Self::Issuer,
        Self::Party,
        Self::Audience,
        Self::Time,
        Self::Binding,
        Self::Key,
        Self::Signature,
        Self::Revocation,
        Self::Status,
        Self::Replay,
        Self::Requirements,
    ];

    /// The same for what the authorization server says of a token when it is asked (RFC 7662): of an
    /// opaque one, and of every one where all are asked about. [`Agreement`](Self::Agreement) concerns
    /// JWTs alone that were verified here before.
    ///
    /// What is kept of a token is held to the same rules; it was called active when it was learned.
    /// Nobody is asked about a token that is known here to be over: it is refused by
    /// [`Revocation`](Self::Revocation) at once.
    pub const OF_ANSWERS: &'static [Self] = &[
        Self::Credentials,
        Self::Proof,
        Self::Shape,
        Self::Active,
        Self::Agreement,
        Self::Issuer,
        Self::Kind,
        Self::Party,
        Self::Audience,
        Self::Time,
        Self::Binding,
        Self::Revocation,
        Self::Status,
        Self::Replay,
        Self::Requirements,
    ];
}

impl Reason {
    /// The rule whose verdict this is. Some are applied in more than one place, as the kind of a token
    /// is: then the place of the rule is the first of them. `None` for what is no verdict: the server
    /// could not be asked (503), or the service is not configured correctly (500).
    #[must_use]
    pub const fn rule(self) -> Option<Rule> {
        Some(match self {
            Self::MissingToken | Self::MalformedCredentials | Self::MalformedToken => {
                Rule::Credentials
            }
            Self::MalformedCertificate | Self::InvalidProof | Self::ProofNeedsNonce => Rule::Proof,
            Self::UnsupportedToken => Rule::Shape,
            Self::MalformedHeader => Rule::Header,
            Self::AlgorithmNotAllowed => Rule::Algorithm,
            Self::NotAnAccessToken => Rule::Kind,
            Self::MalformedClaims => Rule::Claims,
            Self::WrongIssuer => Rule::Issuer,
            Self::WrongParty => Rule::Party,
            Self::WrongAudience => Rule::Audience,
            Self::Expired | Self::NotYetValid | Self::IssuedInFuture => Rule::Time,
            Self::SenderConstrained => Rule::Binding,
            Self::UnknownKey => Rule::Key,
            Self::BadSignature => Rule::Signature,
            Self::Inactive => Rule::Active,
            Self::StatementsDisagree => Rule::Agreement,
            Self::Revoked | Self::Unconfirmed | Self::LivesTooLong => Rule::Revocation,
            Self::StatusNotValid => Rule::Status,
            Self::ProofReplayed => Rule::Replay,
            Self::BindingRequired
            | Self::InsufficientAuthentication
            | Self::MissingScope
            | Self::MissingRole
            | Self::MissingAuthority
            | Self::MissingPermission
            | Self::PermissionNeeded
            | Self::TicketUnavailable
            | Self::RequirementNotMet
            | Self::ClaimsDoNotFit => Rule::Requirements,
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
            | Self::AnswerNotLive
            | Self::ClientCredentialsRefused
            | Self::RequestRefused
            | Self::CannotAsk
            | Self::LayerMissing
            | Self::Internal => return None,
        })
    }
}
