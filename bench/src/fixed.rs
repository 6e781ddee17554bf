use std::{
    future::ready,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

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
    asked_by(InstantClient::saying(["0", "0"]))
}

/// The same where no answer has the text of the one before: as if each were about another token.
///
/// # Errors
/// When the settings are refused.
pub fn instant_issuer_with_news() -> Result<Issuer<CanAsk>, ConfigError> {
    asked_by(InstantClient::saying(["0", "1"]))
}

fn asked_by(client: InstantClient) -> Result<Issuer<CanAsk>, ConfigError> {
    fixed_issuer()?
        .client_secret("orders-api", "a secret that is none")
        .introspection_endpoint("https://id.example.com/introspect")
        .http_client(client)
        .build()
}

/// Whoever is asked, the first of the fixed tokens is active.
#[derive(Debug)]
struct InstantClient {
    /// One after the other.
    answers: [Arc<[u8]>; 2],
    asked: AtomicUsize,
}

impl InstantClient {
    /// With answers that end in one claim or the other.
    fn saying(news: [&str; 2]) -> Self {
        let claims = claims(FIXED_ISSUER, 1, Life::LONG);
        let answer = |news: &str| {
            let beginning = format!(r#"{{"active":true,"news":{news},"#);
            let answer = claims.replacen('{', &beginning, 1);
            answer.into_bytes().into()
        };
        Self {
            answers: news.map(answer),
            asked: AtomicUsize::new(0),
        }
    }
}

impl HttpClient for InstantClient {
    fn send(&self, _: Request<Bytes>, _: Limits) -> HttpFuture {
        let [one, other] = &self.answers;
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        let is_even = asked.is_multiple_of(2);
        let answer = if is_even { one } else { other };
        let mut response = Response::new(Bytes::from_owner(Arc::clone(answer)));
        let json = http::HeaderValue::from_static("application/json");
        let headers = response.headers_mut();
        headers.insert(http::header::CONTENT_TYPE, json);
        Box::pin(ready(Ok(response)))
    }
}
