use std::{future::ready, sync::Arc};

use bytes::Bytes;
use http::{Request, Response};
use portcullis::{CanAsk, ConfigError, HttpClient, HttpFuture, Issuer, IssuerBuilder, Limits};

use crate::{AUDIENCE, Algorithm, Life, claims};

/// The issuer of the tokens that are the same on every run.
pub const FIXED_ISSUER: &str = "https://id.example.com/realms/shop";

/// Its key set. The private halves are gone.
pub(crate) const KEYS: &str = include_str!("../fixtures/jwks.json");

/// Tokens from files, and not made for the run: the same bytes cost the same instructions
/// everywhere. RFC 9068, as large as Keycloak's, good until 2100.
#[derive(Debug, Clone, Copy)]
pub struct FixedTokens {
    /// One that was seen before.
    pub known: &'static str,
    /// One that was not.
    pub unseen: &'static str,
}

impl FixedTokens {
    /// Those signed that way.
    #[must_use]
    pub const fn signed_with(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Rs256 => Self {
                known: include_str!("../fixtures/rs256_1.jwt"),
                unseen: include_str!("../fixtures/rs256_2.jwt"),
            },
            Algorithm::Es256 => Self {
                known: include_str!("../fixtures/es256_1.jwt"),
                unseen: include_str!("../fixtures/es256_2.jwt"),
            },
            Algorithm::EdDsa => Self {
                known: include_str!("../fixtures/eddsa_1.jwt"),
                unseen: include_str!("../fixtures/eddsa_2.jwt"),
            },
        }
    }
}

/// The settings of that issuer, with its keys: nothing has to be fetched.
///
/// # Errors
/// When they are refused: there is nothing to measure then.
pub fn fixed_issuer() -> Result<IssuerBuilder, ConfigError> {
    Ok(Issuer::builder(FIXED_ISSUER)?.audience(AUDIENCE).keys(KEYS))
}

/// That issuer, asked by a client that answers at once: what is left is what we do ourselves.
///
/// # Errors
/// When the settings are refused.
pub fn instant_issuer() -> Result<Issuer<CanAsk>, ConfigError> {
    fixed_issuer()?
        .client_secret("orders-api", "a secret that is none")
        .introspection_endpoint("https://id.example.com/introspect")
        .http_client(InstantClient::default())
        .build()
}

/// Whoever is asked, the first of the fixed tokens is active.
#[derive(Debug)]
struct InstantClient {
    answer: Arc<[u8]>,
}

impl Default for InstantClient {
    fn default() -> Self {
        let claims = claims(FIXED_ISSUER, 1, Life::LONG);
        let answer = claims.replacen('{', r#"{"active":true,"#, 1);
        Self {
            answer: answer.into_bytes().into(),
        }
    }
}

impl HttpClient for InstantClient {
    fn send(&self, _: Request<Bytes>, _: Limits) -> HttpFuture {
        let mut response = Response::new(Bytes::from_owner(Arc::clone(&self.answer)));
        let json = http::HeaderValue::from_static("application/json");
        let headers = response.headers_mut();
        headers.insert(http::header::CONTENT_TYPE, json);
        Box::pin(ready(Ok(response)))
    }
}
