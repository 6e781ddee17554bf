//! Assertions: JWTs of our own that say who asks (RFC 7523 §2.2, §3).

use std::time::Duration;

use aws_lc_rs::rand;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;

use super::{Attempt, AuthenticationError, ClientAuthentication, Occasion};

/// The `typ` of an assertion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum AssertionType {
    /// `client-authentication+jwt`, as draft-ietf-oauth-rfc7523bis asks for.
    #[default]
    ClientAuthentication,
    /// `JWT`, for servers that refuse any other.
    Jwt,
}

/// The `aud` of an assertion (RFC 7523 §3, 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum AssertionAudience {
    /// The issuer's identifier and nothing else, as draft-ietf-oauth-rfc7523bis asks for: no other
    /// server can use the assertion.
    #[default]
    Issuer,
    /// The address of the endpoint that is called, as the server publishes it or as it was named, for old
    /// servers that refuse the issuer's identifier.
    Endpoint,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct AssertionForm {
    kind: AssertionType,
    audience: AssertionAudience,
}

/// How long an assertion is good.
const LIFE: Duration = Duration::from_secs(60);
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

#[derive(Serialize)]
struct Header<'a> {
    alg: &'a str,
    typ: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    jti: String,
}

impl ClientAuthentication {
    /// The `typ` of assertions; `client-authentication+jwt` unless set. Changes nothing for
    /// methods without assertions.
    #[must_use]
    pub fn assertion_type(mut self, kind: AssertionType) -> Self {
        self.assertion.kind = kind;
        self
    }

    /// The `aud` of assertions; the issuer's identifier unless set. Changes nothing for methods
    /// without assertions.
    #[must_use]
    pub fn assertion_audience(mut self, audience: AssertionAudience) -> Self {
        self.assertion.audience = audience;
        self
    }

    /// One assertion, with a `jti` that no other has.
    pub(super) fn assert(
        &self,
        occasion: &Occasion<'_>,
        alg: &str,
        kid: Option<&str>,
        sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, AuthenticationError>,
    ) -> Result<Attempt, AuthenticationError> {
        let header = Header {
            alg,
            typ: match self.assertion.kind {
                AssertionType::ClientAuthentication => "client-authentication+jwt",
                AssertionType::Jwt => "JWT",
            },
            kid,
        };
        let claims = Claims {
            iss: &self.client_id,
            sub: &self.client_id,
            aud: match self.assertion.audience {
                AssertionAudience::Issuer => occasion.issuer,
                AssertionAudience::Endpoint => &occasion.target.public,
            },
            iat: occasion.now.as_seconds(),
            exp: occasion.now.plus(LIFE).as_seconds(),
            jti: random_id()?,
        };
        let message = format!("{}.{}", part(&header)?, part(&claims)?);
        let signature = URL_SAFE_NO_PAD.encode(sign(message.as_bytes())?);
        Ok(Attempt::by_form(vec![
            // Some servers look a client up by it before they read the assertion.
            ("client_id", self.client_id.clone()),
            ("client_assertion_type", JWT_BEARER.to_owned()),
            ("client_assertion", format!("{message}.{signature}")),
        ]))
    }
}

fn part(part: &impl Serialize) -> Result<String, AuthenticationError> {
    serde_json::to_vec(part)
        .map(|json| URL_SAFE_NO_PAD.encode(json))
        .map_err(|_| unavailable())
}

/// 160 random bits.
fn random_id() -> Result<String, AuthenticationError> {
    let mut bytes = [0; 20];
    rand::fill(&mut bytes).map_err(|_| unavailable())?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

pub(super) fn unavailable() -> AuthenticationError {
    AuthenticationError::Unavailable("the client assertion cannot be made".into())
}
