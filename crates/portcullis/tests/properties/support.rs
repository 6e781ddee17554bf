use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Request, header};
use portcullis::{
    Authenticator, HttpClient, HttpFuture, Issuer, IssuerBuilder, Limits, ManualClock, Outcome,
    Rejection, RequestView, VerifiedToken,
};
use portcullis_testing::{SigningAlgorithm, SigningKey};
use serde_json::json;

pub(crate) const ISSUER: &str = "https://id.example";
pub(crate) const AUDIENCE: &str = "orders-api";
pub(crate) const T0: u64 = 1_700_000_000;

/// What the library verifies.
pub(crate) const ALGORITHMS: [SigningAlgorithm; 10] = [
    SigningAlgorithm::RS256,
    SigningAlgorithm::RS384,
    SigningAlgorithm::RS512,
    SigningAlgorithm::PS256,
    SigningAlgorithm::PS384,
    SigningAlgorithm::PS512,
    SigningAlgorithm::ES256,
    SigningAlgorithm::ES384,
    SigningAlgorithm::ES512,
    SigningAlgorithm::EdDSA,
];

/// Nobody is there to be asked.
#[derive(Debug)]
pub(crate) struct Unasked;

impl HttpClient for Unasked {
    fn send(&self, _: Request<Bytes>, _: Limits) -> HttpFuture {
        panic!("nobody should have been asked")
    }
}

/// An issuer on this clock, without its keys.
pub(crate) fn issuer(clock: &ManualClock) -> IssuerBuilder {
    Issuer::builder(ISSUER)
        .unwrap()
        .audience(AUDIENCE)
        .leeway(Duration::ZERO)
        .clock(clock.clone())
}

pub(crate) fn key_set(keys: &[SigningKey]) -> String {
    let keys: Vec<_> = keys.iter().map(SigningKey::jwk).collect();
    json!({ "keys": keys }).to_string()
}

/// A token by this key that is good until `exp`, in seconds from [`T0`].
pub(crate) fn token(key: &SigningKey, jti: &str, exp: u64) -> String {
    let header = json!({ "alg": key.algorithm().name(), "typ": "at+jwt", "kid": key.key_id() });
    let claims = json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "a", "client_id": "c", "jti": jti,
        "iat": T0, "exp": T0 + exp,
    });
    key.sign_raw(header.to_string(), claims.to_string())
}

/// A request with this in `Authorization`; `None` where it cannot stand in a header.
pub(crate) fn request(token: &[u8]) -> Option<Request<()>> {
    let mut request = Request::new(());
    let value = HeaderValue::from_bytes(&[b"Bearer ", token].concat()).ok()?;
    request.headers_mut().insert(header::AUTHORIZATION, value);
    Some(request)
}

/// The verdict where nobody has to be asked.
pub(crate) fn verdict(
    authenticator: &Arc<Authenticator>,
    request: &Request<()>,
) -> Result<VerifiedToken, Rejection> {
    match authenticator.begin(RequestView::from(request)) {
        Outcome::Verified(token) => Ok(token),
        Outcome::Rejected(rejection) => Err(rejection),
        other => panic!("undecided: {other:?}"),
    }
}
