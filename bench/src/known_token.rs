use std::convert::Infallible;

use http::{HeaderValue, Request, Response};
use portcullis::{AuthenticateLayer, ConfigError, Issuer, JwtVerifier};
use tower::{Layer, Service};

use crate::{Body, bare};

/// The key set of an issuer with one RSA key, whose private half is gone.
pub(crate) const KEYS: &str = include_str!("../fixtures/jwks.json");

/// A token of that issuer: RS256, RFC 9068, about as large as Keycloak's, good until 2100. It comes
/// from a file and is not made for the run: the same bytes cost the same instructions everywhere.
const BEARER: &str = concat!("Bearer ", include_str!("../fixtures/known_token.jwt"));

/// The `Authorization` of every case.
#[must_use]
pub fn authorization() -> HeaderValue {
    HeaderValue::from_static(BEARER)
}

/// The bare service behind the layer, with a verifier that has the token's key and asks nobody.
///
/// # Panics
///
/// When the configuration is refused: there is nothing to measure then.
#[expect(
    clippy::expect_used,
    reason = "without its subject there is nothing to measure"
)]
pub fn known_token()
-> impl Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone {
    let verifier = verifier().expect("the configuration is accepted");
    AuthenticateLayer::new(verifier).layer(bare())
}

fn verifier() -> Result<JwtVerifier, ConfigError> {
    let issuer = Issuer::builder("https://id.example.com/realms/shop")?
        .audience("orders-api")
        .keys(KEYS)
        .build()?;
    Ok(issuer.jwt())
}
