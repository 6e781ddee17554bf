use std::time::Duration;

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::Method;

use crate::{
    AccessToken, Algorithm, Reason, Rejection, Thumbprint, Timestamp,
    claims::{Members, RegisteredClaims},
    jwks::EmbeddedKey,
    jws::Jws,
};

/// A DPoP proof that is well-formed, by its own account: its signature was not looked at.
pub(super) struct Proof<'a> {
    jws: Jws<'a>,
    key: EmbeddedKey,
    pub(super) jti: String,
    htm: String,
    pub(super) htu: String,
    pub(super) iat: Timestamp,
    ath: String,
    pub(super) nonce: Option<String>,
}

impl<'a> Proof<'a> {
    /// The longest proof that is looked at, in bytes: RSA keys of 8192 bits fit.
    const MAX_LENGTH: usize = 8 * 1024;
    const MAX_JTI: usize = 256;

    /// Reads a proof strictly (RFC 9449 §4.2).
    pub(super) fn parse(text: &'a str, allowed: &[Algorithm]) -> Result<Self, Rejection> {
        if text.len() > Self::MAX_LENGTH {
            return Err(invalid("it is longer than 8 KiB"));
        }
        let (jws, key) = Jws::parse_with_key(text, allowed).map_err(|refusal| {
            invalid(
                &refusal
                    .diagnosis()
                    .detail()
                    .replace("the token", "the proof"),
            )
        })?;
        if !jws.has_type("dpop+jwt") {
            return Err(invalid("its `typ` is not `dpop+jwt`"));
        }
        let key = key
            .and_then(|key| EmbeddedKey::parse(&key))
            .ok_or_else(|| invalid("its `jwk` is no public key"))?;
        let members = Members::parse(jws.payload()).map_err(|error| invalid(&error.to_string()))?;
        let text = |name: &str| {
            let json = members.get(name)?;
            serde_json::from_str::<String>(json.get()).ok()
        };
        let required = |name: &str| {
            text(name).ok_or_else(|| invalid(&format!("its `{name}` is missing or no string")))
        };
        let claims = RegisteredClaims::parse_date("iat", &members);
        let (jti, nonce) = (required("jti")?, text("nonce"));
        if jti.is_empty() || jti.len() > Self::MAX_JTI {
            return Err(invalid("its `jti` is empty or longer than 256 bytes"));
        }
        if members.get("nonce").is_some() && nonce.is_none() {
            return Err(invalid("its `nonce` is no string"));
        }
        Ok(Self {
            key,
            jti,
            htm: required("htm")?,
            htu: required("htu")?,
            iat: claims.ok_or_else(|| invalid("its `iat` is missing or no date"))?,
            ath: required("ath")?,
            nonce,
            jws,
        })
    }

    /// `htm` is the method, letter for letter (RFC 9110 §9.1).
    pub(super) fn judge_method(&self, method: &Method) -> Result<(), Rejection> {
        if self.htm == method.as_str() {
            return Ok(());
        }
        Err(invalid("its `htm` is not the method of the request"))
    }

    /// `iat` is near our time, either way (RFC 9449 §11.1).
    pub(super) fn judge_age(&self, now: Timestamp, window: Duration) -> Result<(), Rejection> {
        if self.iat > now.plus(window) {
            return Err(invalid(
                "its `iat` is ahead: the clocks of client and service differ by more than the window",
            ));
        }
        if self.iat < now.minus(window) {
            return Err(invalid("it is too old by its `iat`"));
        }
        Ok(())
    }

    /// `ath` is the digest of the token that came with it (RFC 9449 §4.2).
    pub(super) fn judge_token(&self, token: &AccessToken) -> Result<(), Rejection> {
        let expected = URL_SAFE_NO_PAD.encode(digest(&SHA256, token.as_bytes()));
        if verify_slices_are_equal(expected.as_bytes(), self.ath.as_bytes()).is_ok() {
            return Ok(());
        }
        Err(invalid("its `ath` is not that of the token"))
    }

    /// The signature is that of the key that came with it: the thumbprint of that key.
    pub(super) fn judge_signature(&self) -> Result<Thumbprint, Rejection> {
        if !self.jws.is_signed_with(&self.key) {
            return Err(invalid("its signature is not that of its `jwk`"));
        }
        self.key
            .thumbprint(self.jws.algorithm())
            .ok_or_else(|| invalid("its `jwk` lacks a member"))
    }
}

pub(super) fn invalid(problem: &str) -> Rejection {
    Rejection::because(
        Reason::InvalidProof,
        format!("the DPoP proof is refused: {problem}"),
    )
}
