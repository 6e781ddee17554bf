//! What an issuer is told of how it is asked about tokens.

use std::{sync::Arc, time::Duration};

use super::{
    CanAsk, ConnectError, Issuer, IssuerBuilder, WithCredentials,
    settings::{Parts, ReplyForm, Settings},
};
use crate::{
    ClientAuthentication, ConfigError,
    authenticate::TokenKind,
    http_client::FetchError,
    verify::{
        hybrid::Recheck,
        introspection::{
            IntrospectionEndpoint, Introspector, KindPolicy, ReplyFormat, ReplyReader,
            SignedReplies,
        },
    },
};

impl IssuerBuilder<WithCredentials> {
    /// The `token_type_hint` that is sent along (RFC 7662 §2.1); none unless set, since a wrong
    /// one makes a live token inactive at some servers. `requesting_party_token` is refused: for that
    /// there is [`requesting_party_tokens`](Self::requesting_party_tokens).
    pub fn token_type_hint(self, hint: impl Into<String>) -> Self {
        self.with(|settings| settings.hint = Some(hint.into()))
    }

    /// How long an active answer is kept, and never beyond the token's `exp`; 30 seconds unless
    /// set. Zero keeps none. Live answers are never taken from what is kept.
    pub fn introspection_cache(self, life: Duration) -> Self {
        self.with(|settings| settings.introspection.cache_life = life)
    }

    /// How many bytes of answers are kept; 64 MiB unless set. Counted with each is what handlers have
    /// its claims deserialized into, as if that were a `serde_json::Value`.
    pub fn introspection_cache_bytes(self, bytes: u64) -> Self {
        self.with(|settings| settings.introspection.cache_bytes = bytes)
    }

    /// The deadline of an introspection call: connect, headers and body; 3 seconds unless set. Calls for
    /// permissions and tickets ([`Issuer::uma`](crate::Issuer::uma)) have the same.
    pub fn introspection_deadline(self, deadline: Duration) -> Self {
        self.with(|settings| settings.introspection_deadline = deadline)
    }

    /// How many introspection calls may be under way for tokens that were never seen active, and
    /// how many for all others; 64 and 64 unless set. Known tokens never wait behind strangers. As many
    /// calls again may be under way for permissions, for tickets, and for tickets of strangers.
    pub fn introspection_calls(self, calls: usize) -> Self {
        self.with(|settings| settings.introspection.calls = calls)
    }

    /// Takes encrypted tokens for opaque ones: some servers' opaque tokens are JWEs.
    pub fn opaque_jwe(self) -> Self {
        self.with(|settings| settings.asks_about_encrypted = true)
    }

    /// Takes lightweight tokens of Keycloak as they are. Unless this is said, the hybrid verifier
    /// asks once about each token that says nothing of its user, neither `sub` nor roles, and
    /// what the server adds is good for as long as the token lives.
    pub fn leave_lightweight_tokens(self) -> Self {
        self.with(|settings| settings.leaves_lightweight = true)
    }

    /// Asks for answers that the issuer signs (RFC 9701) and takes no others. The issuer has to
    /// know this client as one that gets them; encrypted answers are not supported.
    pub fn signed_introspection(self) -> Self {
        self.with(|settings| settings.reply_form = ReplyForm::Signed)
    }

    /// Asks Keycloak for the full JWT that a lightweight or opaque token stands for, along with
    /// the answer about it; see [`TokenFacts::phantom_token`](crate::TokenFacts::phantom_token).
    /// It is Keycloak's own extension (`Accept: application/jwt`), it needs the attribute
    /// `client.introspection.response.allow.jwt.claim.enabled` of this client, and Keycloak means
    /// to remove it in version 27.
    pub fn phantom_token(self) -> Self {
        self.with(|settings| settings.reply_form = ReplyForm::PhantomToken)
    }

    /// The members that every answer about an access token of this server has, such as
    /// `token_type` or `scope`. An active answer without one of them is about a refresh token, an
    /// ID token or another kind, and is refused with 401. For servers that call those active too
    /// and do not say what they are. What does say so, by `typ`, `token_type` or `token_use`, is
    /// always refused.
    pub fn access_tokens_have<M: Into<String>>(self, members: impl IntoIterator<Item = M>) -> Self {
        let members = members.into_iter().map(Into::into);
        self.with(|settings| settings.kinds.required.extend(members))
    }

    /// The members that no answer about an access token of this server has: the other way round
    /// to tell it from other kinds, such as `auth_time` of an ID token.
    pub fn access_tokens_lack<M: Into<String>>(self, members: impl IntoIterator<Item = M>) -> Self {
        let members = members.into_iter().map(Into::into);
        self.with(|settings| settings.kinds.forbidden.extend(members))
    }

    /// Takes refresh and offline tokens, and **no access tokens**: for services that are shown them, such
    /// as one that tells users of their devices. No other route takes what the server calls one, so
    /// this is an issuer of its own beside the one for access tokens; ask by
    /// [`introspection`](Issuer::introspection), since Keycloak signs its refresh tokens with a
    /// secret. (A refresh token that the server calls active and nothing else is kept out of other
    /// routes by [`access_tokens_have`](Self::access_tokens_have), the profile or the audience, if
    /// by anything.)
    ///
    /// The answer has to say what it is about, by `typ`, `token_type` or `token_use`; a token that
    /// says nothing of its kind, as at Spring and canaille, is refused. Whatever else the server says of
    /// it, such as Keycloak's `refresh_token_type`, is among the claims. The audience is that of
    /// refresh tokens: in Keycloak the issuer itself. Keycloak calls another client's refresh token
    /// inactive, so the client that asks is the one that the token was issued to.
    ///
    /// The `token_type_hint` is then `refresh_token`, unless another is set.
    pub fn refresh_tokens(self) -> Self {
        self.with(|settings| settings.kind = TokenKind::Refresh)
    }

    /// Asks again about each JWT that is verified here, at most once within each such window: what
    /// ends without a notice, such as a revoked token, a disabled user or an expired session, is
    /// then refused by [`hybrid`](Issuer::hybrid) routes too. A second at the least.
    ///
    /// **The promise:** a token that became inactive, for whatever reason, is refused at most one
    /// window and one [`introspection_deadline`](Self::introspection_deadline) later, as long as the
    /// server can be asked and the [budget](Self::recheck_budget) suffices. While they do not, the
    /// routes go on, `portcullis_recheck_overdue_seconds` says by how much they are late, and the
    /// readiness is `Degraded`. For routes that shall be closed then there is
    /// [`RequireActiveLayer::within`](crate::RequireActiveLayer::within). A token that the server gives no
    /// answer about while it is well otherwise, or whose realm was switched off, is 503.
    ///
    /// That is done in the background while a token is used; one that was not asked about for longer
    /// waits for the answer.
    pub fn recheck_every(self, window: Duration) -> Self {
        self.with(|settings| {
            settings.revocation.window = window;
            settings.revocation.rechecks = true;
        })
    }

    /// How many questions a second rechecks may ask, and those about tokens that were issued before
    /// this instance knew everything; 100 unless set. Where that does not suffice, each subject gets
    /// an equal share of it, and of a subject's tokens the one that waits longest comes first; the
    /// latter, which requests wait for, come before rechecks.
    pub fn recheck_budget(self, calls_per_second: u32) -> Self {
        self.with(|settings| settings.revocation.budget = calls_per_second)
    }

    /// Builds an issuer that can be asked. Never touches the network: what has to be fetched is
    /// fetched for the first token, but in a [development mode](Self::danger_expose_diagnosis).
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
        if settings.reply_form == ReplyForm::Signed && client.client_id().is_empty() {
            return Err(ConfigError::new(
                "signed_introspection",
                "a signed answer names the client it is for, and a bearer token names none here",
                "say which client it is by `ClientAuthentication::bearer_client_id(..)`, authenticate as a client, or take answers in JSON",
            ));
        }
        settings.check_hint()?;
        let parts = settings.assemble()?;
        let completes_lightweight = settings.is_keycloak() && !settings.leaves_lightweight;
        let replies = ReplyReader {
            format: reply_format(settings.reply_form, &parts, &client),
            kinds: settings.kinds(),
            expectations: parts.expectations.clone(),
        };
        let endpoint = IntrospectionEndpoint {
            discovery: parts.discovery.clone(),
            client: client.clone(),
            hint: settings.hint(),
            knows_requesting_party_tokens: settings.knows_requesting_party_tokens,
            deadline: settings.introspection_deadline,
            replies,
        };
        let introspector = Introspector::new(
            endpoint,
            &settings.introspection,
            parts.revocations.clone(),
            settings.shared_store.clone(),
        );
        let introspector = Arc::new(introspector);
        let uma = settings.uma(&parts, &client, &introspector);
        parts.telemetry.can_be_asked();
        let in_flight = introspector.in_flight().clone();
        let recheck = settings.revocation.rechecks.then(|| {
            let (introspector, revocations) = (introspector.clone(), parts.revocations.clone());
            Arc::new(Recheck::new(
                introspector,
                revocations,
                settings.revocation.window,
            ))
        });
        let needs_keys = settings.needs_keys();
        let issuer = Issuer {
            logout: settings.logout_receiver(&parts, Some(in_flight)),
            not_before: settings.not_before_receiver(&parts),
            cut_off_poll: parts.cut_off_poll,
            security_events: parts.security_events,
            jwt: parts.jwt,
            keys: parts.keys,
            needs_keys: Arc::new(needs_keys.into()),
            telemetry: parts.telemetry,
            revocations: parts.revocations,
            asks_about_encrypted: settings.asks_about_encrypted,
            asking: CanAsk {
                introspector,
                completes_lightweight,
                recheck,
                uma,
            },
        };
        if needs_keys {
            issuer.fetch_keys_for_development();
        }
        Ok(issuer)
    }

    /// Builds an issuer that can be asked, fetches its keys and finds its introspection endpoint,
    /// so that a wrong address shows at the start. Whether the server accepts the credentials
    /// shows at the first call. A server that publishes no keys can be asked about every token;
    /// it needs some where its answers have to be signed.
    ///
    /// # Errors
    /// As for [`build`](Self::build), and when keys or endpoint cannot be had.
    pub async fn connect(self) -> Result<Issuer<CanAsk>, ConnectError> {
        let needs_keys = self.settings.reply_form == ReplyForm::Signed;
        let issuer = self.build()?;
        match issuer.load().await {
            Err(FetchError::NoEndpoint { .. }) if !needs_keys => {}
            loaded => loaded?,
        }
        issuer.asking.introspector.locate().await?;
        Ok(issuer)
    }
}

impl Settings {
    /// What Keycloak answers to the hint for requesting party tokens hides to what a token is bound, so
    /// that anybody could use it; it may not be given for tokens that do not show that themselves.
    fn check_hint(&self) -> Result<(), ConfigError> {
        if self.hint.as_deref() != Some(IntrospectionEndpoint::REQUESTING_PARTY_TOKEN) {
            return Ok(());
        }
        Err(ConfigError::new(
            "token_type_hint",
            "answers to the hint `requesting_party_token` do not say to what a token is bound, so that bound ones would be let in from anybody",
            "say `requesting_party_tokens()`, which gives the hint for those JWTs that are such and are bound to nothing",
        ))
    }

    /// Whether nobody is ready without the issuer's keys, whichever way its tokens are verified: where an
    /// endpoint has to be found, they are found by the same metadata.
    fn needs_keys(&self) -> bool {
        self.introspection_endpoint.is_none()
            || self.reply_form == ReplyForm::Signed
            || self.takes_signed_news()
    }

    fn hint(&self) -> Option<String> {
        let hint = self.hint.clone();
        hint.or_else(|| self.kind.hint().map(str::to_owned))
    }

    /// What tells the answers about the tokens that the service is shown from all others.
    fn kinds(&self) -> KindPolicy {
        let mut kinds = self.kinds.clone();
        if self.kind == TokenKind::Access {
            let members = self.profile.members_of_answers().iter().copied();
            kinds.required.extend(members.map(str::to_owned));
        }
        kinds
    }
}

fn reply_format(form: ReplyForm, parts: &Parts, client: &ClientAuthentication) -> ReplyFormat {
    match form {
        ReplyForm::Json => ReplyFormat::Json,
        ReplyForm::PhantomToken => ReplyFormat::PhantomToken,
        ReplyForm::Signed => ReplyFormat::Signed(SignedReplies {
            keys: parts.keys.clone(),
            algorithms: parts.algorithms.clone(),
            issuer: parts.discovery.issuer.clone(),
            client_id: client.client_id().into(),
            clock: parts.discovery.clock.clone(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Issuer, token_notes::Afterlife};

    /// What is known of a token goes no sooner than leeway and deadline allow, wherever it is kept.
    #[test]
    fn what_is_known_of_a_token_is_kept_by_the_leeway_and_the_deadline_of_its_issuer() {
        let (leeway, deadline) = (Duration::from_secs(100), Duration::from_secs(7));
        let issuer = Issuer::builder("https://id.example.com").unwrap();
        let issuer = issuer
            .audience("orders-api")
            .client_secret("orders-api", "hush")
            .leeway(leeway)
            .introspection_deadline(deadline);
        let issuer = issuer.build().unwrap();
        let kept = [
            issuer.asking.introspector.afterlife(),
            issuer.uma().afterlife(),
            issuer.revocations().afterlife(),
        ];
        let asked = Afterlife::after(leeway, deadline);
        let known = Afterlife::after(leeway, Duration::ZERO);
        assert_eq!(kept, [asked, asked, known]);
    }
}
