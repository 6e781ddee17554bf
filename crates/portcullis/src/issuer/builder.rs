use std::{fmt, sync::Arc, time::Duration};

use super::{CanAsk, ConnectError, Issuer, LocalOnly, WithCredentials, settings::Settings};
use crate::{
    AccessTokenProfile, Algorithm, ClientAuthentication, Clock, ConfigError, HttpClient,
    verify::introspection::{IntrospectionEndpoint, Introspector},
};

/// Describes an [`Issuer`].
#[derive(Clone)]
#[must_use]
pub struct IssuerBuilder<A = LocalOnly> {
    settings: Settings,
    asking: A,
}

impl IssuerBuilder {
    pub(super) fn new(issuer: String) -> Result<Self, ConfigError> {
        // Whether plain http is allowed is said later; everything else is wrong at once.
        crate::http_client::ServerUrl::configured("issuer", &issuer, true)?;
        Ok(Self {
            settings: Settings::new(issuer),
            asking: LocalOnly,
        })
    }

    /// Builds an issuer whose JWTs are verified here. Never touches the network: what has to be
    /// fetched is fetched for the first token.
    ///
    /// # Errors
    /// When the settings contradict each other or are unsafe; the error says what to write
    /// instead.
    pub fn build(self) -> Result<Issuer, ConfigError> {
        let parts = self.settings.assemble()?;
        Ok(Issuer {
            jwt: parts.jwt,
            keys: parts.keys,
            asks_about_encrypted: self.settings.asks_about_encrypted,
            asking: LocalOnly,
        })
    }

    /// Builds an issuer and fetches its keys, so that a mistake shows at the start.
    ///
    /// # Errors
    /// As for [`build`](Self::build), and when the keys cannot be had.
    pub async fn connect(self) -> Result<Issuer, ConnectError> {
        let issuer = self.build()?;
        issuer.load().await?;
        Ok(issuer)
    }
}

impl<A> IssuerBuilder<A> {
    /// The audience that tokens for this service have (`aud`). Mandatory; call it again for one
    /// more.
    pub fn audience(self, audience: impl Into<String>) -> Self {
        self.with(|settings| settings.audiences.push(audience.into()))
    }

    /// The audience as a resource indicator (RFC 8707): an absolute URI without a fragment.
    pub fn resource(self, resource: impl Into<String>) -> Self {
        self.with(|settings| settings.resources.push(resource.into()))
    }

    /// Takes tokens for whatever audience. A token that was issued for another service is then
    /// good here too, and whoever receives one there can use it here (RFC 9700 §2.3).
    pub fn danger_any_audience(self) -> Self {
        self.with(|settings| settings.waives_audience = true)
    }

    /// The clients whose tokens are accepted (`azp`, else `client_id`); all unless set.
    pub fn authorized_parties<P: Into<String>>(self, parties: impl IntoIterator<Item = P>) -> Self {
        let parties = parties.into_iter().map(Into::into).collect();
        self.with(|settings| settings.parties = Some(parties))
    }

    /// How far our clock and the issuer's may differ; 30 seconds unless set, 5 minutes at the
    /// most.
    pub fn leeway(self, leeway: Duration) -> Self {
        self.with(|settings| settings.leeway = leeway)
    }

    /// What an access token of this issuer looks like; RFC 9068 unless set.
    pub fn profile(self, profile: AccessTokenProfile) -> Self {
        self.with(|settings| settings.profile = profile)
    }

    /// The signature algorithms that are allowed; all of [`Algorithm::ALL`] unless set.
    pub fn algorithms(self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        let algorithms = algorithms.into_iter().collect();
        self.with(|settings| settings.algorithms = algorithms)
    }

    /// Where the issuer is reached from here, when that is not its public address: its address
    /// inside the cluster. What it says of itself is still compared with the public one, and
    /// endpoints that it publishes under the public one are looked for here.
    pub fn fetch_from(self, address: impl Into<String>) -> Self {
        self.with(|settings| settings.fetch_from = Some(address.into()))
    }

    /// The address of the key set; discovered unless set.
    pub fn jwks_uri(self, address: impl Into<String>) -> Self {
        self.with(|settings| settings.jwks_uri = Some(address.into()))
    }

    /// The keys themselves, as a JWK Set: nothing is fetched then.
    pub fn keys(self, jwk_set: impl AsRef<[u8]>) -> Self {
        self.with(|settings| settings.keys = Some(jwk_set.as_ref().into()))
    }

    /// Lets the issuer and its endpoints be plain http anywhere, not only on this machine. Keys
    /// and answers can then be forged by whoever is on the way, and the client secret and every
    /// token read.
    pub fn danger_allow_http(self) -> Self {
        self.with(|settings| settings.allows_http = true)
    }

    /// How old the key set may become before it is fetched again; 10 minutes unless set. A key
    /// that the issuer has withdrawn works no longer than this.
    pub fn jwks_max_age(self, age: Duration) -> Self {
        self.with(|settings| settings.key_limits.max_age = age)
    }

    /// How much longer the key set is used while the issuer cannot be reached; an hour unless
    /// set. After that: 503.
    pub fn jwks_max_stale(self, age: Duration) -> Self {
        self.with(|settings| settings.key_limits.max_stale = age)
    }

    /// How many fetches unknown key ids may cause at once, and how long it takes until they may
    /// cause another one; 5 and 10 seconds unless set.
    pub fn unknown_key_fetches(self, burst: u32, period: Duration) -> Self {
        self.with(|settings| {
            settings.key_limits.unknown_kid_burst = burst;
            settings.key_limits.unknown_kid_period = period;
        })
    }

    /// The deadline of a fetch of keys or metadata; 5 seconds unless set.
    pub fn fetch_deadline(self, deadline: Duration) -> Self {
        self.with(|settings| settings.key_limits.deadline = deadline)
    }

    /// Another HTTP client than [`ReqwestClient`](crate::ReqwestClient).
    pub fn http_client(self, client: impl HttpClient) -> Self {
        self.with(|settings| settings.http = Some(Arc::new(client)))
    }

    /// Another clock than the system's.
    pub fn clock(self, clock: impl Clock) -> Self {
        self.with(|settings| settings.clock = Arc::new(clock))
    }

    /// The address tokens are introspected at; discovered unless set.
    pub fn introspection_endpoint(self, address: impl Into<String>) -> Self {
        self.with(|settings| settings.introspection_endpoint = Some(address.into()))
    }

    /// The credentials that introspection asks for, sent as `client_secret_basic` (RFC 6749
    /// §2.3.1). A mistake in them is reported by `build`.
    pub fn client_secret(
        self,
        client_id: impl Into<String>,
        secret: impl Into<String>,
    ) -> IssuerBuilder<WithCredentials> {
        self.authenticated(ClientAuthentication::client_secret_basic(client_id, secret))
    }

    /// The credentials that introspection asks for, sent in the body (`client_secret_post`). A
    /// mistake in them is reported by `build`.
    pub fn client_secret_post(
        self,
        client_id: impl Into<String>,
        secret: impl Into<String>,
    ) -> IssuerBuilder<WithCredentials> {
        self.authenticated(ClientAuthentication::client_secret_post(client_id, secret))
    }

    /// The credentials that introspection asks for, in a form of your own choice.
    pub fn client_authentication(
        self,
        client: ClientAuthentication,
    ) -> IssuerBuilder<WithCredentials> {
        self.authenticated(Ok(client))
    }

    fn authenticated(
        self,
        client: Result<ClientAuthentication, ConfigError>,
    ) -> IssuerBuilder<WithCredentials> {
        IssuerBuilder {
            settings: self.settings,
            asking: WithCredentials { client },
        }
    }

    fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.settings);
        self
    }
}

impl IssuerBuilder<WithCredentials> {
    /// The `token_type_hint` that is sent along (RFC 7662 §2.1); none unless set, since a wrong
    /// one makes a live token inactive at some servers.
    pub fn token_type_hint(self, hint: impl Into<String>) -> Self {
        self.with(|settings| settings.hint = Some(hint.into()))
    }

    /// How long an active answer is kept, and never beyond the token's `exp`; 30 seconds unless
    /// set. Zero keeps none. Live answers are never taken from what is kept.
    pub fn introspection_cache(self, life: Duration) -> Self {
        self.with(|settings| settings.introspection.cache_life = life)
    }

    /// How many bytes of answers are kept; 64 MiB unless set.
    pub fn introspection_cache_bytes(self, bytes: u64) -> Self {
        self.with(|settings| settings.introspection.cache_bytes = bytes)
    }

    /// The deadline of an introspection call: connect, headers and body; 3 seconds unless set.
    pub fn introspection_deadline(self, deadline: Duration) -> Self {
        self.with(|settings| settings.introspection_deadline = deadline)
    }

    /// How many introspection calls may be under way for tokens that were never seen active, and
    /// how many for all others; 64 and 64 unless set. Known tokens never wait behind strangers.
    pub fn introspection_calls(self, calls: usize) -> Self {
        self.with(|settings| settings.introspection.calls = calls)
    }

    /// Takes encrypted tokens for opaque ones: some servers' opaque tokens are JWEs.
    pub fn opaque_jwe(self) -> Self {
        self.with(|settings| settings.asks_about_encrypted = true)
    }

    /// Builds an issuer that can be asked. Never touches the network: what has to be fetched is
    /// fetched for the first token.
    ///
    /// # Errors
    /// When the settings contradict each other or are unsafe; the error says what to write
    /// instead.
    pub fn build(self) -> Result<Issuer<CanAsk>, ConfigError> {
        let Self { settings, asking } = self;
        let client = asking.client?;
        client.check()?;
        if settings.introspection.calls == 0 {
            return Err(ConfigError::new(
                "introspection_calls",
                "no call may ever be made",
                "allow at least one, or leave the credentials out and use `jwt()`",
            ));
        }
        let parts = settings.assemble()?;
        let endpoint = IntrospectionEndpoint {
            discovery: parts.discovery,
            client,
            hint: settings.hint,
            deadline: settings.introspection_deadline,
            expectations: parts.expectations,
        };
        let introspector = Introspector::new(endpoint, &settings.introspection);
        Ok(Issuer {
            jwt: parts.jwt,
            keys: parts.keys,
            asks_about_encrypted: settings.asks_about_encrypted,
            asking: CanAsk {
                introspector: Arc::new(introspector),
            },
        })
    }

    /// Builds an issuer that can be asked, fetches its keys and finds its introspection endpoint,
    /// so that a wrong address shows at the start. Whether the server accepts the credentials
    /// shows at the first call.
    ///
    /// # Errors
    /// As for [`build`](Self::build), and when keys or endpoint cannot be had.
    pub async fn connect(self) -> Result<Issuer<CanAsk>, ConnectError> {
        let issuer = self.build()?;
        issuer.load().await?;
        issuer.asking.introspector.locate().await?;
        Ok(issuer)
    }
}

impl<A: fmt::Debug> fmt::Debug for IssuerBuilder<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuerBuilder")
            .field("issuer", &self.settings.issuer)
            .field("asking", &self.asking)
            .finish_non_exhaustive()
    }
}
