use std::{fmt, sync::Arc};

use super::{AccessTokenProfile, compact::Compact, header::JoseHeader};
use crate::{
    Answer, Clock, Credentials, Expectations, Freshness, Reason, Rejection, TokenFacts,
    TokenVerifier, Verification, VerifiedBy,
    authenticate::judge_statement,
    claims::{Members, RegisteredClaims},
    jwks::{Algorithm, KeyLookup, KeyQuery, KeySet, Keys},
    verify::shape::Shape,
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
struct Unsigned {
    query: KeyQuery,
    message: Box<[u8]>,
    signature: Vec<u8>,
    json: Box<str>,
    claims: RegisteredClaims,
}

impl JwtVerifier {
    pub(crate) fn new(rules: Rules, keys: Keys) -> Self {
        Self {
            rules: Arc::new(rules),
            keys,
        }
    }

    pub(crate) fn verify_jwt(&self, token: &str) -> Verification {
        let unsigned = match self.rules.judge_unsigned(token) {
            Ok(unsigned) => unsigned,
            Err(rejection) => return Verification::now(Err(rejection)),
        };
        match self.keys.look_up(&unsigned.query) {
            KeyLookup::Now(keys) => {
                Verification::now(keys.and_then(|keys| self.rules.judge_signature(unsigned, &keys)))
            }
            KeyLookup::Later(keys) => {
                let rules = self.rules.clone();
                Verification::later(async move { rules.judge_signature(unsigned, &*keys.await?) })
            }
        }
    }
}

impl Rules {
    fn judge_unsigned(&self, token: &str) -> Result<Unsigned, Rejection> {
        let compact = Compact::parse(token).map_err(|malformed| match Shape::of(token) {
            Shape::Jwt => malformed,
            Shape::Encrypted | Shape::Opaque => Rejection::because(
                Reason::UnsupportedToken,
                "the token is no signed JWT, and this route verifies nothing else; use `hybrid()` or `introspection()` for tokens that only the server can read",
            ),
        })?;
        let header = JoseHeader::parse(&compact.header)?;
        if !self.algorithms.contains(&header.algorithm) {
            return Err(Rejection::because(
                Reason::AlgorithmNotAllowed,
                format!("{} is not on the allow-list", header.algorithm),
            ));
        }
        let typ = header.typ.as_deref();
        self.profile.judge_header(typ)?;
        let json = String::from_utf8(compact.payload).map_err(|_| malformed("not UTF-8"))?;
        let claims = Members::parse(&json)
            .map_err(malformed)
            .and_then(|members| RegisteredClaims::parse(&members).map_err(malformed))?;
        self.profile.judge_claims(typ, &claims)?;
        judge_statement(&claims, &self.expectations, self.clock.now())?;
        Ok(Unsigned {
            query: KeyQuery {
                kid: header.kid,
                algorithm: header.algorithm,
                iat: claims.iat,
                length: token.len(),
            },
            message: compact.message.into(),
            signature: compact.signature,
            json: json.into(),
            claims,
        })
    }

    fn judge_signature(&self, unsigned: Unsigned, keys: &KeySet) -> Answer {
        if !keys.verifies(&unsigned.query, &unsigned.message, &unsigned.signature) {
            return Err(Rejection::because(
                Reason::BadSignature,
                "the signature is not that of the issuer's key",
            ));
        }
        Ok(Arc::new(TokenFacts::new(
            unsigned.json,
            unsigned.claims,
            &self.expectations,
            VerifiedBy::Jwt,
        )))
    }
}

fn malformed(problem: impl fmt::Display) -> Rejection {
    let diagnosis = format!("the payload is refused: {problem}");
    Rejection::because(Reason::MalformedClaims, diagnosis)
}

impl TokenVerifier for JwtVerifier {
    fn verify(&self, credentials: &Credentials, freshness: Freshness) -> Verification {
        if freshness == Freshness::AsConfigured {
            return self.verify_jwt(credentials.token.as_str());
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
