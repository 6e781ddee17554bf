//! Signed texts in compact serialization (RFC 7515 §7.1): access tokens, signed answers and notices
//! are read by the same strict eyes.

mod compact;
mod header;
mod known_header;

use std::{borrow::Cow, sync::Arc};

pub(crate) use self::known_header::KnownHeader;
use self::{compact::Compact, header::JoseHeader};
use crate::{
    Reason, Rejection, Timestamp,
    claims::Members,
    jwks::{Algorithm, EmbeddedKey, KeyQuery, KeySet, KeyUseId},
};

/// A JWS that is well-formed and signed by an algorithm on the allow-list, by its own account: the
/// signature itself was not looked at.
pub(crate) struct Jws<'a> {
    header: Arc<JoseHeader>,
    payload: Arc<str>,
    signature: Vec<u8>,
    /// What is signed: header and payload as they were sent.
    message: Cow<'a, [u8]>,
    length: usize,
}

/// What a JWT says, by its own account: nothing of it may be believed.
pub(crate) fn unverified_payload(token: &str) -> Option<Arc<str>> {
    Compact::parse(token.as_bytes()).ok()?.payload.ok()
}

/// Whether a JWS claims to be signed with a secret that two share (HMAC).
pub(crate) fn names_secret_algorithm(text: &str) -> bool {
    let header = Compact::parse(text.as_bytes()).ok();
    let header = header.and_then(|compact| compact.decoded_header().ok());
    let header: Option<serde_json::Value> =
        header.and_then(|header| serde_json::from_slice(&header).ok());
    header
        .as_ref()
        .and_then(|header| header.get("alg")?.as_str())
        .is_some_and(|alg| alg.starts_with("HS"))
}

impl<'a> Jws<'a> {
    /// Reads a JWS strictly: header, algorithm, then the payload as UTF-8.
    pub(crate) fn parse(text: &'a str, allowed: &[Algorithm]) -> Result<Self, Rejection> {
        Self::parse_knowing(text.as_bytes(), allowed, None)
    }

    /// The same, where the header may be one that was read before.
    pub(crate) fn parse_knowing(
        text: &'a [u8],
        allowed: &[Algorithm],
        known: Option<&KnownHeader>,
    ) -> Result<Self, Rejection> {
        let compact = Compact::parse(text)?;
        let header = match known.and_then(|known| known.header_of(compact.header)) {
            Some(header) => header,
            None => Arc::new(JoseHeader::parse(&compact.decoded_header()?)?),
        };
        if !allowed.contains(&header.algorithm) {
            return Err(Rejection::because(
                Reason::AlgorithmNotAllowed,
                format!("{} is not on the allow-list", header.algorithm),
            ));
        }
        let payload = compact.payload.map_err(|_| {
            let diagnosis = "the payload is refused: not UTF-8";
            Rejection::because(Reason::MalformedClaims, diagnosis)
        })?;
        Ok(Self {
            header,
            payload,
            signature: compact.signature,
            message: compact.message.into(),
            length: text.len(),
        })
    }

    /// The same with a copy of what it was borrowed from: for those who have to wait for a key.
    pub(crate) fn into_owned(self) -> Jws<'static> {
        Jws {
            message: self.message.into_owned().into(),
            ..self
        }
    }

    /// The same of what brings its own key, and the JSON text of that `jwk`.
    pub(crate) fn parse_with_key(
        text: &'a str,
        allowed: &[Algorithm],
    ) -> Result<(Self, Option<String>), Rejection> {
        let key = Compact::parse(text.as_bytes()).ok().and_then(|compact| {
            let header = String::from_utf8(compact.decoded_header().ok()?).ok()?;
            let members = Members::parse(&header).ok()?;
            Some(members.get("jwk")?.get().to_owned())
        });
        Ok((Self::parse(text, allowed)?, key))
    }

    /// Whether the `typ` of the header is this media type, given in lower case and without the prefix
    /// that may be left out (RFC 7515 §4.1.9).
    pub(crate) fn has_type(&self, media_type: &str) -> bool {
        self.typ().is_some_and(|typ| {
            let typ = typ.to_ascii_lowercase();
            typ.strip_prefix("application/").unwrap_or(&typ) == media_type
        })
    }

    /// Its header, for those that have the same.
    pub(crate) fn known_header(&self) -> Option<KnownHeader> {
        let end = self.message.iter().position(|byte| *byte == b'.')?;
        let text = self.message.get(..end)?;
        Some(KnownHeader::new(text, self.header.clone()))
    }

    /// The algorithm it says it is signed by.
    pub(crate) fn algorithm(&self) -> Algorithm {
        self.header.algorithm
    }

    /// Whether the key that it brought has signed it.
    pub(crate) fn is_signed_with(&self, key: &EmbeddedKey) -> bool {
        key.verifies(self.header.algorithm, &self.message, &self.signature)
    }

    /// The `typ` of the header.
    pub(crate) fn typ(&self) -> Option<&str> {
        self.header.typ.as_deref()
    }

    /// The text of the payload.
    pub(crate) fn payload(&self) -> &str {
        &self.payload
    }

    /// The same, to be kept.
    pub(crate) fn shared_payload(&self) -> &Arc<str> {
        &self.payload
    }

    /// The key that it asks for; `iat` is when it was signed.
    pub(crate) fn key_query(&self, iat: Option<Timestamp>) -> KeyQuery {
        KeyQuery {
            kid: self.header.kid.clone(),
            algorithm: self.header.algorithm,
            iat,
            length: self.length,
        }
    }

    /// Whether one of the keys that fit the query has signed it.
    pub(crate) fn is_signed_by(&self, keys: &KeySet, query: &KeyQuery) -> bool {
        self.signer(keys, query).is_some()
    }

    /// Which of the keys that fit the query has signed it; `None` when none has.
    pub(crate) fn signer(&self, keys: &KeySet, query: &KeyQuery) -> Option<Arc<KeyUseId>> {
        keys.signer(query, &self.message, &self.signature)
    }
}
