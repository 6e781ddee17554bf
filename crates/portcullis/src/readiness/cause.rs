use std::fmt;

/// One row for each cause: what it means, its stable code, and the sentence for the operator.
macro_rules! causes {
    ($($(#[$doc:meta])+ $cause:ident $code:literal $sentence:literal)+) => {
        /// Why an issuer's tokens cannot be judged, or not as they should be. The codes are stable.
        ///
        /// What it displays is a sentence for the operator: fixed text, nothing of tokens, keys or
        /// configuration.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Cause {
            $($(#[$doc])+ $cause,)+
        }

        impl Cause {
            /// Every cause, for those who prepare alerts for each.
            pub const ALL: &'static [Self] = &[$(Self::$cause),+];

            /// The stable code, in snake case.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$cause => $code,)+
                }
            }
        }

        impl fmt::Display for Cause {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$cause => $sentence,)+
                })
            }
        }
    };
}

causes! {
    /// The issuer's keys were never loaded.
    KeysNotLoaded "keys_not_loaded"
        "the issuer's keys were not loaded yet: see whether the issuer can be reached from here"
    /// The issuer's keys are too old to be used any longer.
    KeysTooOld "keys_too_old"
        "the issuer's keys could not be fetched for so long that they are used no more: see whether the issuer can be reached from here"
    /// The metadata at the configured address is that of another issuer (RFC 8414 §3.3).
    OtherIssuer "other_issuer"
        "the metadata at the configured address is that of another issuer: compare its `issuer` with the configured one, character for character"
    /// The issuer's keys could not be fetched again; older ones stand in.
    KeysNotRefreshed "keys_not_refreshed"
        "the issuer's keys could not be fetched again and older ones stand in: see whether the issuer can be reached from here"
    /// The authorization server does not answer, and is not asked for a while.
    IntrospectionSuspended "introspection_suspended"
        "the authorization server does not answer and is not asked for a while: see whether it is up and can be reached from here"
    /// The authorization server refuses our own credentials.
    ClientCredentialsRefused "client_credentials_refused"
        "the authorization server refuses the credentials of this service: compare client id and secret with what is registered there"
    /// The authorization server has switched the realm off.
    IssuerDisabled "issuer_disabled"
        "the realm is switched off at the authorization server"
    /// There was no room for everything that is over: some of it was forgotten.
    RevocationsForgotten "revocations_forgotten"
        "there was no room for everything that is over and tokens are asked about instead: raise `max_revocations`"
    /// The issuer's notices do not come: the canary is silent.
    NoticesSilent "notices_silent"
        "the canary's notices do not come, so those of users may not either: see whether its back-channel logout URL leads to this service"
    /// News from the other instances does not come.
    FeedSilent "feed_silent"
        "news from the other instances does not come: see whether the store between them can be reached from here"
    /// The issuer's cut-off cannot be had.
    CutOffUnknown "cut_off_unknown"
        "the realm's not-before cannot be had: see whether the realm's address can be reached from here"
    /// Security events cannot be polled for.
    SecurityEventsSilent "security_events_silent"
        "security events cannot be polled for: see whether their transmitter can be reached from here and takes the bearer token"
    /// Tokens in use are not asked about in time.
    RecheckOverdue "recheck_overdue"
        "tokens in use are not asked about in time: see whether the authorization server answers, and whether `recheck_budget` suffices"
    /// This instance does not know yet what has ended before it listened, and cannot ask.
    RevocationsIncomplete "revocations_incomplete"
        "what has ended before this instance listened is not known, and tokens cannot be asked about: it passes with the lifetime of tokens, or give the issuer client credentials"
    /// Where the issuer is asked for permissions is not known: what it publishes of User-Managed Access
    /// cannot be had, or lacks an endpoint.
    UmaMetadataMissing "uma_metadata_missing"
        "where the issuer is asked for permissions is not known: see whether it publishes that (`uma2-configuration`) and can be reached from here, or name `token_endpoint` and `permission_endpoint`"
    /// Clients are told why their requests are refused: the service is in development.
    DiagnosisExposed "diagnosis_exposed"
        "answers tell clients why their requests are refused, which is for development: take out `danger_expose_diagnosis`"
}
