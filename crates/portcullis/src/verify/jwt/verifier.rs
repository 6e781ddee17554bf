use std::{fmt, sync::Arc};

use arc_swap::ArcSwapOption;

use super::{
    AccessTokenProfile,
    attestation::is_attested,
    recall::{Recall, Recalled},
    token_tag::TokenTag,
    verified_tokens::VerifiedTokens,
};
use crate::{
    AccessToken, Answer, Clock, ClockReading, Credentials, Expectations, Freshness, Reason,
    Rejection, Timestamp, TokenFacts, TokenVerifier, Verification, VerifiedBy,
    authenticate::{judge_facts, judge_statement, judge_unbound},
    claims::{ClaimsSet, RegisteredClaims, Terms},
    jwks::{Algorithm, KeyLookup, KeyQuery, KeySet, KeyUseId, Keys},
    jws::{Jws, KnownHeader},
    revocation::{TokenMark, fingerprint},
    telemetry::{SignatureOutcome, Telemetry},
    verify::Shape,
};

/// Verifies JWT access tokens here (RFC 7519 §7.2, RFC 9068 §4), and asks nobody about them: header,
/// claims, then the signature with a key of the issuer. What ends before its `exp` shows where the issuer tells of it or
/// publishes it, and not otherwise.
///
/// A token that was verified is remembered for as long as the issuer has the key that signed it, see
/// [`IssuerBuilder::verified_token_cache_bytes`](crate::IssuerBuilder::verified_token_cache_bytes).
///
/// Nothing a client sends makes it call out before issuer, algorithm, type, audience and expiry
/// have passed.
#[derive(Clone)]
pub struct JwtVerifier {
    local: Arc<Local>,
}

/// What verifies here, shared by all who do.
struct Local {
    rules: Rules,
    keys: Keys,
    verified: Option<VerifiedTokens>,
    /// The header of the last token whose signature was good.
    header: ArcSwapOption<KnownHeader>,
    telemetry: Telemetry,
}

/// What a JWT is held against.
pub(crate) struct Rules {
    pub(crate) expectations: Arc<Expectations>,
    pub(crate) profile: AccessTokenProfile,
    pub(crate) algorithms: Arc<[Algorithm]>,
    pub(crate) clock: Arc<dyn Clock>,
    /// Whether clients are told why a token is refused.
    pub(crate) exposes_diagnosis: bool,
}

/// A JWT that has passed everything but its signature.
struct Unsigned<'a> {
    jws: Jws<'a>,
    query: KeyQuery,
    claims: RegisteredClaims,
    terms: Terms,
    mark: Option<TokenMark>,
    /// Its name, where it has no `jti`.
    fingerprint: Option<Box<str>>,
}

impl JwtVerifier {
    /// Remembers so many bytes of tokens that were verified.
    pub(crate) fn new(rules: Rules, keys: Keys, telemetry: Telemetry, bytes: u64) -> Self {
        telemetry.verifies_here();
        let local = Local {
            rules,
            keys,
            verified: VerifiedTokens::with_bytes(bytes),
            header: ArcSwapOption::empty(),
            telemetry,
        };
        Self {
            local: Arc::new(local),
        }
    }

    /// Verifies a token, of which so much is remembered.
    pub(crate) fn verify_jwt(
        &self,
        credentials: &Credentials,
        recalled: Recalled,
        now: ClockReading,
    ) -> Verification {
        let local = &self.local;
        let recalled = match recalled {
            Recalled {
                tag,
                known: Some(known),
            } if local.keys_have_signer_of(&known, now) => {
                let answer = local.judge_known(known, tag, credentials, now);
                return Verification::now(answer);
            }
            recalled => recalled,
        };
        let expectations = &local.rules.expectations;
        // Whoever verifies a token may go on to ask about it: nobody is asked about a bad one.
        let unsigned = local.judge_unsigned(&credentials.token, |claims, terms| {
            judge_statement(claims, terms, expectations, credentials, now.wall)
        });
        let unsigned = match unsigned {
            Ok(unsigned) => unsigned,
            Err(refusal) => return local.told(refusal, credentials),
        };
        match local.keys.look_up(&unsigned.query) {
            KeyLookup::Now(keys) => Verification::now(
                keys.and_then(|keys| local.judge_signature(unsigned, &keys, recalled, now.wall)),
            ),
            KeyLookup::Later(keys) => {
                let (local, unsigned) = (local.clone(), unsigned.into_owned());
                Verification::later(async move {
                    let keys = keys.await?;
                    local.judge_signature(unsigned, &keys, recalled, local.rules.clock.now())
                })
            }
        }
    }
}

impl JwtVerifier {
    /// Holds a token to the rules from [`Rule::Shape`](crate::Rule::Shape) to
    /// [`Rule::Signature`](crate::Rule::Signature), but for [`Rule::Binding`](crate::Rule::Binding): for
    /// tools that explain why a token is refused, and have it without its client's proof.
    ///
    /// **This lets nobody in.** To whom the token is bound (`cnf`) is not looked at, so that whoever has
    /// stolen it passes; nor is anything that may have ended it since it was issued. It gives no claims
    /// and no [`VerifiedToken`](crate::VerifiedToken), and keeps nothing. As ever the issuer's keys are
    /// fetched for a token that has passed all that comes before them.
    ///
    /// # Errors
    /// The refusal of the first rule that is not met; 503 when the keys could not be had.
    pub async fn danger_judge_unbound(&self, token: &AccessToken) -> Result<(), Rejection> {
        let local = &self.local;
        let (expectations, now) = (&local.rules.expectations, local.rules.clock.now());
        let unsigned = local.judge_unsigned(token, |claims, terms| {
            judge_unbound(claims, terms, expectations, now)
        })?;
        let keys = match local.keys.look_up(&unsigned.query) {
            KeyLookup::Now(keys) => keys?,
            KeyLookup::Later(keys) => keys.await?,
        };
        local.signer(&unsigned, &keys).map(drop)
    }
}

impl Local {
    /// Whether the key that has signed a token is here, and in a set that need not be fetched again yet.
    fn keys_have_signer_of(&self, known: &TokenFacts, now: ClockReading) -> bool {
        let signer = known.signed_by();
        signer.is_some_and(|signer| self.keys.have(signer, now.monotonic))
    }

    /// Judges a token by all that needs no key.
    fn judge_unsigned<'a>(
        &self,
        token: &'a AccessToken,
        judge: impl FnOnce(&RegisteredClaims, &Terms) -> Result<(), Rejection>,
    ) -> Result<Unsigned<'a>, Rejection> {
        let (rules, known) = (&self.rules, self.header.load());
        let bytes = token.as_bytes();
        let jws = Jws::parse_knowing(bytes, &rules.algorithms, known.as_deref())
            .map_err(|refusal| explain(refusal, token.as_str()))?;
        rules.profile.judge_header(jws.typ())?;
        let set = ClaimsSet::read(jws.shared_payload(), rules.expectations.dialect);
        let set = set.map_err(malformed)?;
        let other = rules.profile.of_another_kind(jws.typ(), &set);
        let claims = set.claims().map_err(malformed)?;
        rules.profile.judge_claims(jws.typ(), &claims, other)?;
        let terms = Terms::of(&claims, &rules.expectations);
        judge(&claims, &terms)?;
        let revocations = rules.expectations.revocations.as_ref();
        Ok(Unsigned {
            query: jws.key_query(claims.iat),
            mark: revocations.map(|revocations| revocations.mark_of_jwt(bytes)),
            fingerprint: revocations
                .filter(|_| claims.jti.is_none())
                .map(|revocations| fingerprint(revocations.issuer(), token.as_str())),
            jws,
            claims,
            terms,
        })
    }

    /// What is remembered of a token, if it is still good: nobody is asked about a bad one, remembered or not.
    /// One whose time is over is forgotten.
    fn judge_known(
        &self,
        known: Arc<TokenFacts>,
        tag: Option<TokenTag>,
        credentials: &Credentials,
        now: ClockReading,
    ) -> Answer {
        match judge_facts(&known, credentials, now.wall) {
            Ok(()) => Ok(known),
            Err(rejection) => {
                if rejection.reason() == Reason::Expired {
                    self.forget(tag);
                }
                Err(self.tellable(rejection, credentials))
            }
        }
    }

    /// A refusal by what a token says. Where clients are told why, its signature is looked at after all:
    /// of one that was made up they are not.
    fn tellable(&self, refusal: Rejection, credentials: &Credentials) -> Rejection {
        let rules = &self.rules;
        if rules.exposes_diagnosis && is_attested(credentials.token.as_str(), rules, &self.keys) {
            return refusal.of_verified_token();
        }
        refusal
    }

    /// The same, where the keys are waited for that the issuer was asked for at the start.
    fn told(self: &Arc<Self>, refusal: Rejection, credentials: &Credentials) -> Verification {
        let exposes = self.rules.exposes_diagnosis;
        let length = credentials.token.as_bytes().len();
        let Some(arrival) = exposes.then(|| self.keys.arrival(length)).flatten() else {
            return Verification::now(Err(self.tellable(refusal, credentials)));
        };
        let (local, credentials) = (self.clone(), credentials.clone());
        Verification::later(async move {
            arrival.await;
            Err(local.tellable(refusal, &credentials))
        })
    }

    fn forget(&self, tag: Option<TokenTag>) {
        if let (Some(verified), Some(tag)) = (&self.verified, tag) {
            verified.forget(&tag);
        }
    }

    /// Whether a key of the set has signed a token, now or when it was looked at before.
    fn judge_signature(
        &self,
        unsigned: Unsigned<'_>,
        keys: &KeySet,
        recalled: Recalled,
        now: Timestamp,
    ) -> Answer {
        if let Some(known) = recalled.known
            && known.signed_by().is_some_and(|signer| keys.has(signer))
        {
            return Ok(known);
        }
        let signed_by = self
            .signer(&unsigned, keys)
            .inspect_err(|_| self.forget(recalled.tag))?;
        self.note_header(&unsigned.jws);
        let facts = unsigned.into_facts(&self.rules.expectations);
        let facts = Arc::new(facts.with_signer(signed_by));
        if let (Some(verified), Some(tag)) = (&self.verified, recalled.tag) {
            verified.keep(tag, facts.clone(), now);
        }
        Ok(facts)
    }

    /// Which key of the set has signed a token.
    fn signer(&self, unsigned: &Unsigned<'_>, keys: &KeySet) -> Result<Arc<KeyUseId>, Rejection> {
        let signer = unsigned.jws.signer(keys, &unsigned.query);
        self.telemetry.signature(match signer {
            Some(_) => SignatureOutcome::Good,
            None => SignatureOutcome::Bad,
        });
        signer.ok_or_else(|| {
            Rejection::because(
                Reason::BadSignature,
                "the signature is not that of the issuer's key",
            )
        })
    }

    /// Remembers the header of a token whose signature is good: strangers could have each another one.
    fn note_header(&self, jws: &Jws<'_>) {
        let known = self.header.load();
        if !known.as_ref().is_some_and(|known| known.is_of(jws)) {
            self.header.store(jws.known_header().map(Arc::new));
        }
    }
}

impl Unsigned<'_> {
    /// What it says, now that its signature is good.
    fn into_facts(self, expectations: &Arc<Expectations>) -> TokenFacts {
        let json = self.jws.shared_payload().clone();
        TokenFacts::on_terms(json, self.claims, self.terms, expectations, VerifiedBy::Jwt)
            .with_mark(self.mark)
            .with_fingerprint(self.fingerprint)
    }

    fn into_owned(self) -> Unsigned<'static> {
        Unsigned {
            jws: self.jws.into_owned(),
            query: self.query,
            claims: self.claims,
            terms: self.terms,
            mark: self.mark,
            fingerprint: self.fingerprint,
        }
    }
}

/// What is no JWS at all may be a token that only the server can read.
fn explain(refusal: Rejection, token: &str) -> Rejection {
    let is_no_jws = matches!(
        refusal.reason(),
        Reason::MalformedToken | Reason::UnsupportedToken
    );
    match Shape::of(token) {
        Shape::Encrypted | Shape::Opaque if is_no_jws => Rejection::because(
            Reason::UnsupportedToken,
            "the token is no signed JWT, and this route verifies nothing else; use `hybrid()` or `introspection()` for tokens that only the server can read",
        ),
        _ => refusal,
    }
}

fn malformed(problem: impl fmt::Display) -> Rejection {
    let diagnosis = format!("the payload is refused: {problem}");
    Rejection::because(Reason::MalformedClaims, diagnosis)
}

impl TokenVerifier for JwtVerifier {
    fn verify(&self, credentials: &Credentials, freshness: Freshness) -> Verification {
        self.verify_at(credentials, freshness, self.local.rules.clock.read())
    }

    fn verify_at(
        &self,
        credentials: &Credentials,
        freshness: Freshness,
        now: ClockReading,
    ) -> Verification {
        if freshness == Freshness::AsConfigured {
            let recalled = self.recall(Recall::of(credentials.token.as_bytes()));
            return self.verify_jwt(credentials, recalled, now);
        }
        Verification::now(Err(Rejection::because(
            Reason::CannotAsk,
            "a JWT verifier asks nobody",
        )))
    }

    fn recall(&self, bytes: Recall<'_>) -> Recalled {
        let Some(verified) = &self.local.verified else {
            return Recalled::default();
        };
        let tag = verified.tag(bytes.token);
        let known = tag.as_ref().and_then(|tag| verified.get(tag));
        Recalled { tag, known }
    }

    fn verify_recalled(
        &self,
        credentials: &Credentials,
        mut recalled: Recalled,
        now: ClockReading,
    ) -> Verification {
        // Whoever has asked judges the facts at this very moment, and nobody else is asked about them.
        let is_good = |known: &mut Arc<TokenFacts>| {
            !known.has_ended(now.wall) && self.local.keys_have_signer_of(known, now)
        };
        match recalled.known.take_if(is_good) {
            Some(known) => Verification::now(Ok(known)),
            None => self.verify_jwt(credentials, recalled, now),
        }
    }

    fn can_ask(&self) -> bool {
        false
    }

    fn clock(&self) -> Arc<dyn Clock> {
        self.local.rules.clock.clone()
    }

    fn exposes_diagnosis(&self) -> bool {
        self.local.rules.exposes_diagnosis
    }
}

impl fmt::Debug for JwtVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtVerifier")
            .field("expectations", &self.local.rules.expectations)
            .field("profile", &self.local.rules.profile)
            .finish_non_exhaustive()
    }
}
