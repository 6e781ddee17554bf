use std::{fmt, sync::Arc};

use super::AccessTokenProfile;
use crate::{
    Answer, Clock, Credentials, Expectations, Freshness, Reason, Rejection, TokenFacts,
    TokenVerifier, Verification, VerifiedBy,
    authenticate::judge_statement,
    claims::{Members, RegisteredClaims},
    jwks::{Algorithm, KeyLookup, KeyQuery, KeySet, Keys},
    jws::Jws,
    revocation::{TokenMark, fingerprint},
    verify::Shape,
};

/// Verifies JWT access tokens here, without a call: header, claims, then the signature with a
/// key of the issuer. It sees no revocation before `exp`.
///
/// Nothing a client sends makes it call out before issuer, algorithm, type, audience and expiry
/// have passed.
#[derive(Clone)]
pub struct JwtVerifier {
    rules: Arc<Rules>,
    keys: Keys,
}

/// What a JWT is held against.
pub(crate) struct Rules {
    pub(crate) expectations: Arc<Expectations>,
    pub(crate) profile: AccessTokenProfile,
    pub(crate) algorithms: Arc<[Algorithm]>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// A JWT that has passed everything but its signature.
struct Unsigned<'a> {
    jws: Jws<'a>,
    query: KeyQuery,
    claims: RegisteredClaims,
    mark: Option<TokenMark>,
    /// Its name, where it has no `jti`.
    fingerprint: Option<Box<str>>,
}

impl JwtVerifier {
    pub(crate) fn new(rules: Rules, keys: Keys) -> Self {
        Self {
            rules: Arc::new(rules),
            keys,
        }
    }

    pub(crate) fn verify_jwt(&self, credentials: &Credentials) -> Verification {
        let unsigned = match self.rules.judge_unsigned(credentials) {
            Ok(unsigned) => unsigned,
            Err(rejection) => return Verification::now(Err(rejection)),
        };
        match self.keys.look_up(&unsigned.query) {
            KeyLookup::Now(keys) => {
                Verification::now(keys.and_then(|keys| self.rules.judge_signature(unsigned, &keys)))
            }
            KeyLookup::Later(keys) => {
                let (rules, unsigned) = (self.rules.clone(), unsigned.into_owned());
                Verification::later(async move { rules.judge_signature(unsigned, &*keys.await?) })
            }
        }
    }
}

impl Rules {
    fn judge_unsigned<'a>(&self, credentials: &'a Credentials) -> Result<Unsigned<'a>, Rejection> {
        let token = credentials.token.as_str();
        let jws = Jws::parse(token, &self.algorithms).map_err(|refusal| explain(refusal, token))?;
        self.profile.judge_header(jws.typ())?;
        let members = Members::parse(jws.payload()).map_err(malformed)?;
        let claims =
            RegisteredClaims::parse_in(&members, self.expectations.dialect).map_err(malformed)?;
        self.profile.judge_claims(jws.typ(), &claims, &members)?;
        judge_statement(&claims, &self.expectations, credentials, self.clock.now())?;
        let revocations = self.expectations.revocations.as_ref();
        Ok(Unsigned {
            query: jws.key_query(claims.iat),
            mark: revocations.map(|revocations| revocations.mark(token)),
            fingerprint: revocations
                .filter(|_| claims.jti.is_none())
                .map(|revocations| fingerprint(revocations.issuer(), token)),
            jws,
            claims,
        })
    }

    fn judge_signature(&self, unsigned: Unsigned<'_>, keys: &KeySet) -> Answer {
        let Unsigned {
            jws, query, claims, ..
        } = unsigned;
        if !jws.is_signed_by(keys, &query) {
            return Err(Rejection::because(
                Reason::BadSignature,
                "the signature is not that of the issuer's key",
            ));
        }
        let by = VerifiedBy::Jwt;
        let facts = TokenFacts::new(jws.into_payload(), claims, &self.expectations, by)
            .with_mark(unsigned.mark)
            .with_fingerprint(unsigned.fingerprint);
        Ok(Arc::new(facts))
    }
}

impl Unsigned<'_> {
    fn into_owned(self) -> Unsigned<'static> {
        Unsigned {
            jws: self.jws.into_owned(),
            query: self.query,
            claims: self.claims,
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
        if freshness == Freshness::AsConfigured {
            return self.verify_jwt(credentials);
        }
        Verification::now(Err(Rejection::because(
            Reason::CannotAsk,
            "a JWT verifier asks nobody",
        )))
    }

    fn can_ask(&self) -> bool {
        false
    }

    fn clock(&self) -> Arc<dyn Clock> {
        self.rules.clock.clone()
    }
}

impl fmt::Debug for JwtVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtVerifier")
            .field("expectations", &self.rules.expectations)
            .field("profile", &self.rules.profile)
            .finish_non_exhaustive()
    }
}
