mod dates;

use std::{
    collections::BTreeMap,
    fmt,
    hint::black_box,
    sync::{Arc, OnceLock},
    time::Instant,
};

use serde::de::DeserializeOwned;

use super::{
    ClaimError, ClaimsDoNotFit, ClaimsSet, Dialect, JsonError, Members, RegisteredClaims, Terms,
    registered::IDENTITY, typed::Typed,
};
use crate::{
    AccessToken, Expectations,
    jwks::KeyUseId,
    revocation::{TokenMark, TokenNames, TokenPlaces},
    telemetry::StandingOutcome,
    verify::introspection::{HeldAgainst, TokenDigest},
};

/// Who vouched for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum VerifiedBy {
    /// Its signature, checked here.
    Jwt,
    /// The authorization server, asked about it.
    Introspection,
    /// Both.
    JwtAndIntrospection,
    /// A verifier of the application's own.
    Custom,
}

impl VerifiedBy {
    /// The stable name: `jwt`, `introspection`, `jwt+introspection` or `custom`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jwt => "jwt",
            Self::Introspection => "introspection",
            Self::JwtAndIntrospection => "jwt+introspection",
            Self::Custom => "custom",
        }
    }
}

/// What an issuer said of a token, and when the call about it began. Facts can be cached: there
/// is no verdict in them.
//
// Of a million tokens each lies in memory that no processor has near: what every request reads comes first
// and stands together.
#[repr(C)]
pub struct TokenFacts {
    terms: Terms,
    expectations: Arc<Expectations>,
    /// The older statement that this one was held against; both are judged.
    beside: Option<Arc<TokenFacts>>,
    /// Why, by what the operator knows of the server, this is no access token.
    pub(super) other_kind: Option<Box<str>>,
    /// The key whose signature of the token was found good here.
    signed_by: Option<Arc<KeyUseId>>,
    /// Where its names are looked for.
    places: OnceLock<TokenPlaces>,
    pub(super) typed: Typed,
    /// How many of those that may be inventions the token was held against.
    held_against: HeldAgainst,
    verified_by: VerifiedBy,
    asked_at: Option<Instant>,
    /// Whether it was another instance that asked.
    is_second_hand: bool,
    /// By what this process knows the token again.
    mark: Option<TokenMark>,
    pub(super) json: Arc<str>,
    claims: RegisteredClaims,
    /// The full JWT that the server gave out along with its answer.
    pub(super) phantom_token: Option<Box<AccessToken>>,
    /// The name of a token where these facts say no `jti`.
    pub(super) fingerprint: Option<Box<str>>,
    /// Under which name what the server says of the token is kept, where it was asked about.
    digest: OnceLock<Box<TokenDigest>>,
}

/// The text cannot be the claims of a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct MalformedFacts(#[from] MalformedFactsKind);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum MalformedFactsKind {
    #[error(transparent)]
    Json(#[from] JsonError),
    #[error(transparent)]
    Claim(#[from] ClaimError),
}

impl TokenFacts {
    /// What a verifier of your own learned of a token: claims as one JSON object, and what they
    /// are to be held against.
    ///
    /// # Errors
    /// When the text is not one JSON object with unique names, or a registered claim has a value
    /// of the wrong type.
    pub fn from_json(
        json: impl Into<Arc<str>>,
        expectations: &Arc<Expectations>,
    ) -> Result<Self, MalformedFacts> {
        let json: Arc<str> = json.into();
        let claims = claims_of(&json, expectations.dialect)?;
        Ok(Self::new(json, claims, expectations, VerifiedBy::Custom))
    }

    pub(crate) fn new(
        json: Arc<str>,
        claims: RegisteredClaims,
        expectations: &Arc<Expectations>,
        verified_by: VerifiedBy,
    ) -> Self {
        let terms = Terms::of(&claims, expectations);
        Self::on_terms(json, claims, terms, expectations, verified_by)
    }

    /// The same where the claims were held against these expectations before.
    pub(crate) fn on_terms(
        json: Arc<str>,
        claims: RegisteredClaims,
        terms: Terms,
        expectations: &Arc<Expectations>,
        verified_by: VerifiedBy,
    ) -> Self {
        Self {
            terms,
            expectations: expectations.clone(),
            beside: None,
            other_kind: None,
            signed_by: None,
            places: OnceLock::new(),
            typed: Typed::default(),
            held_against: HeldAgainst::default(),
            verified_by,
            asked_at: None,
            is_second_hand: false,
            mark: None,
            json,
            claims,
            phantom_token: None,
            fingerprint: None,
            digest: OnceLock::new(),
        }
    }

    /// The same facts, where their issuer has said them once more, letter for letter: what it says is not
    /// read again. Nothing of when it said so, and about which token, is taken over.
    pub(crate) fn said_again(&self) -> Self {
        Self {
            terms: self.terms,
            expectations: self.expectations.clone(),
            beside: None,
            other_kind: self.other_kind.clone(),
            signed_by: None,
            places: OnceLock::new(),
            typed: self.typed.of_same_text(),
            held_against: HeldAgainst::default(),
            verified_by: self.verified_by,
            asked_at: None,
            is_second_hand: false,
            mark: None,
            json: self.json.clone(),
            claims: self.claims.clone(),
            phantom_token: None,
            fingerprint: None,
            digest: OnceLock::new(),
        }
    }

    /// Whether these facts are `other` [said again](Self::said_again).
    pub(crate) fn repeat(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.json, &other.json)
    }

    /// Says that others are going to repeat these facts.
    pub(crate) fn repeatable(mut self) -> Self {
        self.typed = Typed::shareable();
        self
    }

    /// Says why this is no access token, whatever it calls itself.
    pub(crate) fn with_other_kind(mut self, why: Option<Box<str>>) -> Self {
        self.other_kind = why;
        self
    }

    /// Keeps the full JWT that came with the answer.
    pub(crate) fn with_phantom_token(mut self, token: Option<AccessToken>) -> Self {
        self.phantom_token = token.map(Box::new);
        self
    }

    /// Says which key has signed the token, as was seen here.
    pub(crate) fn with_signer(mut self, key: Arc<KeyUseId>) -> Self {
        self.signed_by = Some(key);
        self
    }

    /// Says which token they are about, for those who know it again.
    pub(crate) fn with_mark(mut self, mark: Option<TokenMark>) -> Self {
        self.mark = mark;
        self
    }

    /// Names a token where these facts say no `jti`.
    pub(crate) fn with_fingerprint(mut self, fingerprint: Option<Box<str>>) -> Self {
        self.fingerprint = fingerprint;
        self.places = OnceLock::new();
        self
    }

    /// These facts held against an older statement about the same token; both are judged from
    /// now on. Identity that only the older one has is taken over, authority never is: what the
    /// newer statement does not say is empty. Where the issuer is known to say next to nothing
    /// (`minimal_answers`), an answer of nothing but `active` confirms the older one.
    pub(crate) fn beside(&self, older: Arc<Self>) -> Result<Self, MalformedFacts> {
        let dialect = self.expectations.dialect;
        let merged = if dialect.minimal_answers && says_only_active(&self.json) {
            Some(older.json.clone())
        } else if self.claims.names_all_that(&older.claims) {
            None
        } else {
            let merged = with_identity_of(&self.json, &older.json);
            Some(merged.map_err(MalformedFactsKind::from)?.into())
        };
        let (json, mut claims, typed) = match merged {
            None => (
                self.json.clone(),
                self.claims.clone(),
                self.typed.of_same_text(),
            ),
            Some(json) => {
                let claims = claims_of(&json, dialect)?;
                (json, claims, Typed::default())
            }
        };
        claims.exp = earlier(claims.exp, older.claims.exp);
        claims.nbf = claims.nbf.max(older.claims.nbf);
        Ok(Self {
            other_kind: self.other_kind.clone(),
            asked_at: self.asked_at,
            is_second_hand: self.is_second_hand,
            mark: self.mark.or(older.mark),
            phantom_token: self.phantom_token.clone(),
            fingerprint: older.fingerprint.clone(),
            beside: Some(older),
            typed,
            ..Self::new(
                json,
                claims,
                &self.expectations,
                VerifiedBy::JwtAndIntrospection,
            )
        })
    }

    /// The claims that every resource server needs.
    #[must_use]
    pub fn registered(&self) -> &RegisteredClaims {
        &self.claims
    }

    /// All claims as a type of your own, deserialized once per token and type.
    ///
    /// # Errors
    /// When the claims do not fit the type; the error names the place.
    pub fn claims<T>(&self) -> Result<Arc<T>, ClaimsDoNotFit>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        self.typed.get_or_parse(&self.json)
    }

    /// All claims as the JSON text they came in.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.json
    }

    /// Who vouched for the token.
    #[must_use]
    pub fn verified_by(&self) -> VerifiedBy {
        self.verified_by
    }

    /// The full JWT for the services behind this one, where the server gives one out for a
    /// lightweight or opaque token, see
    /// [`IssuerBuilder::phantom_token`](crate::IssuerBuilder::phantom_token). It is as good as
    /// the token that was presented: it belongs to whoever may have that one, and into no log.
    #[must_use]
    pub fn phantom_token(&self) -> Option<&AccessToken> {
        self.phantom_token.as_deref()
    }

    /// Why this is no access token, by what the operator knows of the server.
    pub(crate) fn other_kind(&self) -> Option<&str> {
        self.other_kind.as_deref()
    }

    /// What the token says of itself as a JWT whose signature was found good here, also where its issuer
    /// was asked about it afterwards; `None` where it is no such token.
    #[must_use]
    pub fn jwt_statement(&self) -> Option<&Self> {
        self.statements()
            .find(|statement| statement.verified_by == VerifiedBy::Jwt)
    }

    /// The key whose signature of the token was found good here.
    pub(crate) fn signed_by(&self) -> Option<&Arc<KeyUseId>> {
        self.signed_by.as_ref()
    }

    /// By what this process knows the token again.
    pub(crate) fn mark(&self) -> Option<TokenMark> {
        self.mark
    }

    /// Under which name what the server says of the token is kept; `make` takes the digest where nobody
    /// has yet. One issuer is asked about a JWT by these facts, that which has verified it.
    pub(crate) fn digest(&self, make: impl FnOnce() -> TokenDigest) -> TokenDigest {
        let digest = self.digest.get_or_init(|| Box::new(make()));
        TokenDigest::clone(digest)
    }

    /// How many suspicions the token was held against: those of the one issuer that is asked about it.
    pub(crate) fn held_against(&self) -> &HeldAgainst {
        &self.held_against
    }

    /// Under which name the token is known to every instance: its `jti`, or a digest where it has
    /// none.
    pub(crate) fn token_name(&self) -> Option<&str> {
        self.claims.jti.as_deref().or(self.fingerprint.as_deref())
    }

    /// What the token is called, in every way in which something can be known against it.
    pub(crate) fn names(&self) -> TokenNames<'_> {
        self.places().names(self)
    }

    /// Where these names are looked for.
    pub(crate) fn places(&self) -> &TokenPlaces {
        self.places.get_or_init(|| TokenPlaces::of(self))
    }

    /// Reads a little of each part that every request reads, so that all of it is fetched from memory at the
    /// same time: later on each part is waited for alone, since between them counts are changed that others
    /// share, which the processor does in turn.
    pub(crate) fn draw_near(&self) {
        black_box([
            self.terms.validity.exp.is_some(),
            self.terms.asks_for_proof,
            self.signed_by.is_some(),
            self.places.get().is_some(),
            self.typed.is_empty(),
        ]);
    }

    /// The same of what a handler is going to ask for: for those who are about to wait for other memory.
    pub(crate) fn draw_typed_near(&self) {
        self.typed.draw_near();
    }

    /// What every request asks of them.
    pub(crate) fn terms(&self) -> &Terms {
        &self.terms
    }

    pub(crate) fn expectations(&self) -> &Expectations {
        &self.expectations
    }

    /// Counts what became of the token, where anything is known against it.
    pub(crate) fn count_standing(&self, outcome: StandingOutcome) {
        if let Some(revocations) = &self.expectations.revocations {
            revocations.telemetry().standing(outcome);
        }
    }

    /// Every statement these facts rest on; each has to stand for itself.
    pub(crate) fn statements(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(self.beside.as_deref())
    }

    /// Whether none of the statements is for anybody else as well: what they say by names that each
    /// service gives for itself is then said by ours.
    pub(crate) fn are_for_us_alone(&self) -> bool {
        self.statements().all(|statement| {
            let audience = &statement.expectations.audience;
            audience.is_all_of(&statement.claims.aud)
        })
    }
}

fn claims_of(json: &Arc<str>, dialect: Dialect) -> Result<RegisteredClaims, MalformedFactsKind> {
    Ok(ClaimsSet::read(json, dialect)?.claims()?)
}

fn earlier<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// Shows what kind of facts these are and nothing that they say: claims are personal.
impl fmt::Debug for TokenFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenFacts")
            .field("verified_by", &self.verified_by)
            .field("asked_at", &self.asked_at)
            .finish_non_exhaustive()
    }
}

/// Whether an active answer says nothing else.
fn says_only_active(json: &str) -> bool {
    Members::parse(json).is_ok_and(|members| members.iter().all(|(name, _)| name == "active"))
}

/// `newer` with the identity that only `older` names.
fn with_identity_of(newer: &str, older: &str) -> Result<String, JsonError> {
    let own = Members::parse(newer)?;
    let others = Members::parse(older)?;
    let missing = IDENTITY
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| own.get(name).is_none())
        .filter_map(|name| others.get(name).map(|value| (name, value)));
    let merged: BTreeMap<_, _> = own.iter().chain(missing).collect();
    Ok(serde_json::to_string(&merged)?)
}
