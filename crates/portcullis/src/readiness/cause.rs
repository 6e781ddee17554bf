use std::fmt;

/// Why an issuer's tokens cannot be judged, or not as they should be. The codes are stable.
///
/// What it displays is a sentence for the operator: fixed text, nothing of tokens, keys or
/// configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// The issuer's keys were never loaded.
    KeysNotLoaded,
    /// The issuer's keys are too old to be used any longer.
    KeysTooOld,
    /// The metadata at the configured address is that of another issuer (RFC 8414 §3.3).
    OtherIssuer,
    /// The issuer's keys could not be fetched again; older ones stand in.
    KeysNotRefreshed,
    /// The authorization server does not answer, and is not asked for a while.
    IntrospectionSuspended,
    /// The authorization server refuses our own credentials.
    ClientCredentialsRefused,
    /// The authorization server has switched the realm off.
    IssuerDisabled,
    /// There was no room for everything that is over: some of it was forgotten.
    RevocationsForgotten,
    /// The issuer's notices do not come: the canary is silent.
    NoticesSilent,
    /// News from the other instances does not come.
    FeedSilent,
    /// The issuer's cut-off cannot be had.
    CutOffUnknown,
    /// Security events cannot be polled for.
    SecurityEventsSilent,
    /// Tokens in use are not asked about in time.
    RecheckOverdue,
    /// This instance does not know yet what has ended before it listened, and cannot ask.
    RevocationsIncomplete,
    /// Clients are told why their requests are refused: the service is in development.
    DiagnosisExposed,
}

impl Cause {
    /// The stable code, in snake case.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::KeysNotLoaded => "keys_not_loaded",
            Self::KeysTooOld => "keys_too_old",
            Self::OtherIssuer => "other_issuer",
            Self::KeysNotRefreshed => "keys_not_refreshed",
            Self::IntrospectionSuspended => "introspection_suspended",
            Self::ClientCredentialsRefused => "client_credentials_refused",
            Self::IssuerDisabled => "issuer_disabled",
            Self::RevocationsForgotten => "revocations_forgotten",
            Self::NoticesSilent => "notices_silent",
            Self::FeedSilent => "feed_silent",
            Self::CutOffUnknown => "cut_off_unknown",
            Self::SecurityEventsSilent => "security_events_silent",
            Self::RecheckOverdue => "recheck_overdue",
            Self::RevocationsIncomplete => "revocations_incomplete",
            Self::DiagnosisExposed => "diagnosis_exposed",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::KeysNotLoaded => {
                "the issuer's keys were not loaded yet: see whether the issuer can be reached from here"
            }
            Self::KeysTooOld => {
                "the issuer's keys could not be fetched for so long that they are used no more: see whether the issuer can be reached from here"
            }
            Self::OtherIssuer => {
                "the metadata at the configured address is that of another issuer: compare its `issuer` with the configured one, character for character"
            }
            Self::KeysNotRefreshed => {
                "the issuer's keys could not be fetched again and older ones stand in: see whether the issuer can be reached from here"
            }
            Self::IntrospectionSuspended => {
                "the authorization server does not answer and is not asked for a while: see whether it is up and can be reached from here"
            }
            Self::ClientCredentialsRefused => {
                "the authorization server refuses the credentials of this service: compare client id and secret with what is registered there"
            }
            Self::IssuerDisabled => "the realm is switched off at the authorization server",
            Self::RevocationsForgotten => {
                "there was no room for everything that is over and tokens are asked about instead: raise `max_revocations`"
            }
            Self::NoticesSilent => {
                "the canary's notices do not come, so those of users may not either: see whether its back-channel logout URL leads to this service"
            }
            Self::FeedSilent => {
                "news from the other instances does not come: see whether the store between them can be reached from here"
            }
            Self::CutOffUnknown => {
                "the realm's not-before cannot be had: see whether the realm's address can be reached from here"
            }
            Self::SecurityEventsSilent => {
                "security events cannot be polled for: see whether their transmitter can be reached from here and takes the bearer token"
            }
            Self::RecheckOverdue => {
                "tokens in use are not asked about in time: see whether the authorization server answers, and whether `recheck_budget` suffices"
            }
            Self::RevocationsIncomplete => {
                "what has ended before this instance listened is not known, and tokens cannot be asked about: it passes with the lifetime of tokens, or give the issuer client credentials"
            }
            Self::DiagnosisExposed => {
                "answers tell clients why their requests are refused, which is for development: take out `danger_expose_diagnosis`"
            }
        })
    }
}
