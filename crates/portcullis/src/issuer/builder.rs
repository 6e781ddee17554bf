use std::{fmt, sync::Arc, time::Duration};

use super::{ConnectError, Issuer, LocalOnly, settings::Settings};
use crate::{AccessTokenProfile, Algorithm, AuthorityMap, Clock, ConfigError, HttpClient};

/// Describes an [`Issuer`].
#[derive(Clone)]
#[must_use]
pub struct IssuerBuilder<A = LocalOnly> {
    pub(super) settings: Settings,
    pub(super) asking: A,
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
    /// fetched is fetched for the first token, but in a
    /// [development mode](Self::danger_expose_diagnosis).
    ///
    /// # Errors
    /// When the settings contradict each other or are unsafe; the error says what to write
    /// instead.
    pub fn build(self) -> Result<Issuer, ConfigError> {
        let parts = self.settings.assemble()?;
        let issuer = Issuer {
            logout: self.settings.logout_receiver(&parts, None),
            not_before: self.settings.not_before_receiver(&parts),
            cut_off_poll: parts.cut_off_poll,
            security_events: parts.security_events,
            jwt: parts.jwt,
            keys: parts.keys,
            needs_keys: Arc::new(true.into()),
            telemetry: parts.telemetry,
            revocations: parts.revocations,
            asks_about_encrypted: self.settings.asks_about_encrypted,
            asking: LocalOnly,
        };
        issuer.fetch_keys_for_development();
        Ok(issuer)
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
    /// good here too, and whoever receives one there can use it here (RFC 9700 §2.3). A permission in it
    /// is for that service's resource: require resources by their
    /// [id](crate::RequirePermission::of_id), since one of ours may have the same name.
    pub fn danger_any_audience(self) -> Self {
        self.with(|settings| settings.waives_audience = true)
    }

    /// The clients whose tokens are accepted (`azp`, else `client_id`); all unless set.
    pub fn authorized_parties<P: Into<String>>(self, parties: impl IntoIterator<Item = P>) -> Self {
        let parties = parties.into_iter().map(Into::into).collect();
        self.with(|settings| settings.parties = Some(parties))
    }

    /// How far our clock and the issuer's may differ, and those of two instances that share what the issuer has
    /// answered; 30 seconds unless set, 5 minutes at the most.
    pub fn leeway(self, leeway: Duration) -> Self {
        self.with(|settings| settings.leeway = leeway)
    }

    /// From which claims the tokens' authorities come, for
    /// [`RequireAuthority`](crate::RequireAuthority) and
    /// [`TokenFacts::authorities`](crate::TokenFacts::authorities); from none unless set.
    pub fn authorities(self, map: AuthorityMap) -> Self {
        self.with(|settings| settings.authorities = Some(map))
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

    /// How old the key set may become before it is fetched again; 10 minutes unless set, a second
    /// at the least. A key that the issuer has withdrawn works no longer than this, whatever the
    /// server says of caching, unless the issuer cannot be reached
    /// ([`jwks_max_stale`](Self::jwks_max_stale)).
    ///
    /// A shorter `max-age` of the server's is kept to, down to one minute; `no-cache`, `no-store`
    /// and what lay in a cache for longer get that minute too (RFC 9111). Somewhere between 70 and
    /// 90 per cent of its life the set is fetched again in the background.
    pub fn jwks_max_age(self, age: Duration) -> Self {
        self.with(|settings| settings.key_limits.max_age = age)
    }

    /// How much longer the key set is used while the issuer cannot be reached or publishes
    /// something that is no key set; an hour unless set. After that: 503.
    pub fn jwks_max_stale(self, age: Duration) -> Self {
        self.with(|settings| settings.key_limits.max_stale = age)
    }

    /// How many fetches unknown key ids may cause at once, and how long it takes until they may
    /// cause another one; 5 and 10 seconds unless set. Known keys never wait for these, and a
    /// fetch by age is not one of them.
    ///
    /// A token whose key is not known waits for a fetch, half a second at the most: for one under
    /// way in a crowd of 32,768 (64 MiB of tokens), for one that is yet to begin among 256. For
    /// all others, and after that: 503.
    pub fn unknown_key_fetches(self, burst: u32, period: Duration) -> Self {
        self.with(|settings| {
            settings.key_limits.unknown_kid_burst = burst;
            settings.key_limits.unknown_kid_period = period;
        })
    }

    /// How many bytes of verified JWTs are remembered, so that a token that comes again is not
    /// verified again; 256 MiB unless set, which is some 20,000 tokens of Keycloak's. Zero remembers
    /// none. Counted with each is what handlers have its claims deserialized into, as if that were a
    /// `serde_json::Value`, which takes up ten times what is sent.
    ///
    /// No verdict is remembered: time, audience, revocation and binding are judged on every request.
    /// What a key has signed that the issuer publishes no longer is verified anew, and refused.
    pub fn verified_token_cache_bytes(self, bytes: u64) -> Self {
        self.with(|settings| settings.verified_token_cache = bytes)
    }

    /// The deadline of a fetch of keys or metadata; 5 seconds unless set.
    pub fn fetch_deadline(self, deadline: Duration) -> Self {
        self.with(|settings| settings.key_limits.deadline = deadline)
    }

    /// Trusts this certificate authority, in PEM, for keys, discovery and introspection alike, and
    /// no longer those of the operating system: for a server behind the authority of a cluster or
    /// a company. A text with several trusts each of them; call it again for one more. A mistake
    /// in it is reported by `build`, and so is an HTTP client of your own beside it.
    #[cfg(feature = "reqwest")]
    pub fn root_certificate(self, pem: impl AsRef<[u8]>) -> Self {
        self.with(|settings| settings.root_certificates.push(pem.as_ref().into()))
    }

    /// Another HTTP client than [`ReqwestClient`](crate::ReqwestClient).
    pub fn http_client(self, client: impl HttpClient) -> Self {
        self.with(|settings| settings.http = Some(Arc::new(client)))
    }

    /// Another clock than the system's.
    pub fn clock(self, clock: impl Clock) -> Self {
        self.with(|settings| settings.clock = Arc::new(clock))
    }

    /// The address tokens are introspected at; discovered unless set. An issuer that is asked there about
    /// every token ([`introspection`](Issuer::introspection)) needs to publish neither metadata nor keys.
    pub fn introspection_endpoint(self, address: impl Into<String>) -> Self {
        self.with(|settings| settings.introspection_endpoint = Some(address.into()))
    }

    pub(super) fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.settings);
        self
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
