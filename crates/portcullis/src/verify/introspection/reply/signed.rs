use std::{fmt, sync::Arc, time::Duration};

use serde_json::value::RawValue;

use super::{malformed, unreadable};
use crate::{
    Algorithm, Clock, Rejection,
    claims::{Members, RegisteredClaims},
    jwks::{KeyLookup, Keys},
    jws::Jws,
    verify::introspection::call::CallError,
};

/// Answers that the issuer signs (RFC 9701), and what they are held against.
pub(crate) struct SignedReplies {
    pub(crate) keys: Keys,
    pub(crate) algorithms: Arc<[Algorithm]>,
    pub(crate) issuer: Arc<str>,
    pub(crate) client_id: Arc<str>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl SignedReplies {
    pub(super) const MEDIA_TYPE: &str = "application/token-introspection+jwt";
    /// The `typ` of such an answer (RFC 9701 §5).
    const TYP: &str = "token-introspection+jwt";
    /// How far from now an answer may have been signed.
    const WINDOW: Duration = Duration::from_secs(60);

    /// What the issuer has signed for us, just now: the text of `token_introspection`. What
    /// stands beside that says nothing.
    pub(super) async fn open(&self, body: &str) -> Result<String, CallError> {
        let body = body.trim_ascii();
        if body.split('.').count() == 5 {
            return Err(malformed(
                "it is encrypted (JWE); register the client for signed answers without encryption",
            ));
        }
        let jws = Jws::parse(body, &self.algorithms).map_err(|why| unfit(&why))?;
        if !jws.has_type(Self::TYP) {
            return Err(malformed("its `typ` is not `token-introspection+jwt`"));
        }
        let members = Members::parse(jws.payload()).map_err(unreadable)?;
        let claims = RegisteredClaims::parse(&members).map_err(unreadable)?;
        self.judge(&claims)?;
        let statement: &RawValue = members
            .get("token_introspection")
            .ok_or_else(|| malformed("it has no `token_introspection`"))?;
        let query = jws.key_query(claims.iat);
        let keys = match self.keys.look_up(&query) {
            KeyLookup::Now(keys) => keys,
            KeyLookup::Later(keys) => keys.await,
        };
        let keys = keys.map_err(|rejection| malformed(rejection.diagnosis().detail()))?;
        if !jws.is_signed_by(&keys, &query) {
            return Err(malformed("its signature is not that of the issuer's key"));
        }
        Ok(statement.get().to_owned())
    }

    /// Whether the issuer has said it, to us, and now (RFC 9701 §5).
    fn judge(&self, claims: &RegisteredClaims) -> Result<(), CallError> {
        if claims.iss.as_deref() != Some(&*self.issuer) {
            return Err(malformed("its `iss` is not the configured issuer"));
        }
        if !claims.aud.contains(&self.client_id) {
            return Err(malformed("its `aud` is not this client"));
        }
        let now = self.clock.now();
        let is_recent = claims
            .iat
            .is_some_and(|iat| iat >= now.minus(Self::WINDOW) && iat <= now.plus(Self::WINDOW));
        if !is_recent {
            return Err(malformed(
                "its `iat` is missing or more than a minute from now",
            ));
        }
        Ok(())
    }
}

fn unfit(rejection: &Rejection) -> CallError {
    malformed(format!(
        "it is no signed answer: {}",
        rejection.diagnosis().detail()
    ))
}

impl fmt::Debug for SignedReplies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedReplies")
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}
