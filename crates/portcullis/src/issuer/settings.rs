use std::{sync::Arc, time::Duration};

use super::{
    development::Exposure,
    security_events::{SecurityEventSettings, SecurityEvents},
    uma::UmaSettings,
};
use crate::{
    AccessTokenProfile, Algorithm, AuthorityMap, ClientAuthentication, Clock, ConfigError,
    Expectations, HttpClient, JwtVerifier, RevocationFeed, RevocationSet, SharedStore, StateKeys,
    SystemClock,
    authenticate::TokenKind,
    claims::Dialect,
    discovery::Discovery,
    jwks::{KeyLimits, Keys, RemoteJwks, SignedText},
    keycloak::CutOffPoll,
    revocation::{RevocationPolicy, Signatory},
    telemetry::Telemetry,
    verify::{
        introspection::{IntrospectionLimits, KindPolicy},
        jwt::Rules,
    },
};

/// What a builder has been told, before it is known to go together.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) issuer: Arc<str>,
    pub(super) fetch_from: Option<String>,
    pub(super) jwks_uri: Option<String>,
    pub(super) introspection_endpoint: Option<String>,
    pub(super) token_endpoint: Option<String>,
    pub(super) permission_endpoint: Option<String>,
    pub(super) keys: Option<Arc<[u8]>>,
    pub(super) audiences: Vec<String>,
    pub(super) resources: Vec<String>,
    pub(super) waives_audience: bool,
    pub(super) parties: Option<Vec<String>>,
    pub(super) leeway: Duration,
    pub(super) authorities: Option<AuthorityMap>,
    pub(super) profile: AccessTokenProfile,
    pub(super) dialect: Dialect,
    pub(super) kind: TokenKind,
    pub(super) algorithms: Vec<Algorithm>,
    pub(super) allows_http: bool,
    pub(super) asks_about_encrypted: bool,
    pub(super) hint: Option<String>,
    /// Requesting party tokens are known by what they say, and asked about as such.
    pub(super) knows_requesting_party_tokens: bool,
    pub(super) uma: UmaSettings,
    pub(super) reply_form: ReplyForm,
    pub(super) kinds: KindPolicy,
    pub(super) leaves_lightweight: bool,
    pub(super) introspection: IntrospectionLimits,
    pub(super) introspection_deadline: Duration,
    pub(super) key_limits: KeyLimits,
    /// How many bytes of verified tokens are remembered.
    pub(super) verified_token_cache: u64,
    pub(super) revocation: RevocationPolicy,
    pub(super) takes_old_logout_tokens: bool,
    /// The issuer is a realm of Keycloak's.
    pub(super) is_realm: bool,
    pub(super) not_before_period: Option<Duration>,
    pub(super) not_before_clients: Vec<String>,
    pub(super) feed: Option<Arc<dyn RevocationFeed>>,
    pub(super) shared_store: Option<(Arc<dyn SharedStore>, StateKeys)>,
    pub(super) canary: Option<Result<ClientAuthentication, ConfigError>>,
    pub(super) security_events: SecurityEventSettings,
    #[cfg(feature = "status-list")]
    pub(super) status_lists: Option<crate::StatusLists>,
    pub(super) http: Option<Arc<dyn HttpClient>>,
    /// In PEM.
    #[cfg(feature = "reqwest")]
    pub(super) root_certificates: Vec<Arc<[u8]>>,
    #[cfg(feature = "reqwest")]
    pub(super) client_certificate: Option<crate::ClientCertificate>,
    pub(super) clock: Arc<dyn Clock>,
    /// Answers are to say why requests are refused.
    pub(super) exposes_diagnosis: bool,
}

/// In which form the server is asked to answer about tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReplyForm {
    Json,
    PhantomToken,
    Signed,
}

/// What verifiers are made of, once the settings are known to go together.
pub(super) struct Parts {
    pub(super) jwt: JwtVerifier,
    pub(super) keys: Keys,
    pub(super) telemetry: Telemetry,
    pub(super) discovery: Arc<Discovery>,
    pub(super) expectations: Arc<Expectations>,
    pub(super) algorithms: Arc<[Algorithm]>,
    pub(super) revocations: RevocationSet,
    pub(super) cut_off_poll: Option<Arc<CutOffPoll>>,
    pub(super) security_events: SecurityEvents,
}

impl Settings {
    pub(super) fn new(issuer: String) -> Self {
        Self {
            issuer: issuer.into(),
            fetch_from: None,
            jwks_uri: None,
            introspection_endpoint: None,
            token_endpoint: None,
            permission_endpoint: None,
            keys: None,
            audiences: Vec::new(),
            resources: Vec::new(),
            waives_audience: false,
            parties: None,
            leeway: Expectations::LEEWAY,
            authorities: None,
            profile: AccessTokenProfile::default(),
            dialect: Dialect::default(),
            kind: TokenKind::default(),
            algorithms: Algorithm::ALL.to_vec(),
            allows_http: false,
            asks_about_encrypted: false,
            hint: None,
            knows_requesting_party_tokens: false,
            uma: UmaSettings::default(),
            reply_form: ReplyForm::Json,
            kinds: KindPolicy::default(),
            leaves_lightweight: false,
            introspection: IntrospectionLimits::default(),
            introspection_deadline: Duration::from_secs(3),
            key_limits: KeyLimits::default(),
            verified_token_cache: 256 * 1024 * 1024,
            revocation: RevocationPolicy::default(),
            takes_old_logout_tokens: false,
            is_realm: false,
            not_before_period: None,
            not_before_clients: Vec::new(),
            feed: None,
            shared_store: None,
            canary: None,
            security_events: SecurityEventSettings::default(),
            #[cfg(feature = "status-list")]
            status_lists: None,
            http: None,
            #[cfg(feature = "reqwest")]
            root_certificates: Vec::new(),
            #[cfg(feature = "reqwest")]
            client_certificate: None,
            clock: Arc::new(SystemClock),
            exposes_diagnosis: false,
        }
    }

    pub(super) fn assemble(&self) -> Result<Parts, ConfigError> {
        let revocations = RevocationSet::new(
            self.issuer.clone(),
            self.revocation_policy(),
            self.clock.clone(),
        );
        let expectations = self.expectations()?.revocations(&revocations);
        let algorithms: Arc<[Algorithm]> = self.algorithms.clone().into();
        if algorithms.is_empty() {
            return Err(ConfigError::new(
                "algorithms",
                "no algorithm is allowed",
                "name at least one, or leave the setting out",
            ));
        }
        self.check_bounds()?;
        self.check_revocation()?;
        let discovery = Arc::new(self.discovery()?);
        let keys = match &self.keys {
            Some(json) => {
                let set = self.fixed_keys(json, &algorithms)?;
                discovery.telemetry.keys_are_given(set.usable_keys());
                Keys::Fixed(Arc::new(set))
            }
            None => {
                discovery.telemetry.keys_are_fetched();
                let mut limits = self.key_limits.clone();
                limits.leeway = self.leeway;
                let remote = RemoteJwks::new(discovery.clone(), algorithms.clone(), limits);
                Keys::Remote(Arc::new(remote))
            }
        };
        let signatory = Signatory {
            keys: keys.clone(),
            algorithms: algorithms.clone(),
            text: SignedText::Notice,
        };
        #[cfg(feature = "status-list")]
        let expectations = expectations.status(self.status_check(&discovery, &signatory)?);
        let expectations = Arc::new(expectations);
        let exposure = Exposure::of(self.exposes_diagnosis);
        let rules = Rules {
            expectations: expectations.clone(),
            profile: self.profile,
            algorithms: algorithms.clone(),
            clock: self.clock.clone(),
            exposes_diagnosis: exposure == Exposure::InEffect,
        };
        let cut_off_poll = self.watch(&revocations, &discovery)?;
        let security_events = self.security_events(&revocations, &discovery, signatory)?;
        exposure.tell(&self.issuer);
        Ok(Parts {
            cut_off_poll,
            security_events,
            jwt: JwtVerifier::new(
                rules,
                keys.clone(),
                discovery.telemetry.clone(),
                self.verified_token_cache,
            ),
            keys,
            telemetry: discovery.telemetry.clone(),
            discovery,
            expectations,
            algorithms,
            revocations,
        })
    }

    pub(super) fn is_keycloak(&self) -> bool {
        self.profile == AccessTokenProfile::Keycloak
    }
}
