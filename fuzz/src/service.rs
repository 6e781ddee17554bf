//! The service that is attacked.

use std::{
    future::Future,
    sync::{Arc, OnceLock},
    time::Duration,
};

use http::{HeaderValue, Request, header};
use portcullis::{
    Authenticator, Issuer, IssuerBuilder, ManualClock, Outcome, Reason, Rejection, RequestView,
    VerifiedToken,
};
use tokio::runtime::{Builder, Runtime};

use crate::{
    client::Unasked,
    signer::{KEY_ID, Signer},
};

/// The issuer of its tokens.
pub(crate) const ISSUER: &str = "https://id.example";
/// Its audience.
pub(crate) const AUDIENCE: &str = "orders-api";
/// What time it is there, for ever.
pub(crate) const NOW: u64 = 1_700_000_000;
/// How far clocks may differ, in seconds.
pub(crate) const LEEWAY: f64 = 5.0;

/// The issuer, of whom nothing is asked: its keys are here.
pub(crate) fn issuer() -> IssuerBuilder {
    described()
        .keys(Signer::issuer().key_set())
        .http_client(Unasked)
}

/// The issuer without its keys and without a client to ask it by.
pub(crate) fn described() -> IssuerBuilder {
    Issuer::builder(ISSUER)
        .unwrap()
        .audience(AUDIENCE)
        .clock(ManualClock::at(NOW))
        .leeway(Duration::from_secs(5))
        .verified_token_cache_bytes(1 << 20)
}

/// What judges its tokens.
pub(crate) fn authenticator() -> &'static Arc<Authenticator> {
    static AUTHENTICATOR: OnceLock<Arc<Authenticator>> = OnceLock::new();
    AUTHENTICATOR.get_or_init(|| {
        let issuer = issuer().build().unwrap();
        Arc::new(Authenticator::new(issuer.jwt()))
    })
}

/// A request with this token.
pub(crate) fn request(token: &str) -> Request<()> {
    let mut request = Request::new(());
    let mut value = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
    value.set_sensitive(true);
    request.headers_mut().insert(header::AUTHORIZATION, value);
    request
}

/// The verdict on a request that nobody has to be asked about.
pub(crate) fn verdict(
    authenticator: &Arc<Authenticator>,
    request: &Request<()>,
) -> Result<VerifiedToken, Rejection> {
    match authenticator.begin(RequestView::from(request)) {
        Outcome::Verified(token) => Ok(token),
        Outcome::Rejected(rejection) => {
            let status = rejection.status();
            assert!(status.is_client_error(), "{status}: {rejection:?}");
            Err(rejection)
        }
        other => undecided(&other),
    }
}

#[expect(clippy::panic, reason = "everything that decides is here")]
fn undecided(outcome: &Outcome) -> ! {
    panic!("neither let in nor refused: {outcome:?}")
}

/// The verdict on a token of which `sign` makes the signature. Most inputs are refused before anybody
/// looks at that, so it is made where it matters and nowhere else.
pub(crate) fn verdict_once_signed(
    unsigned: &str,
    sign: impl FnOnce() -> String,
) -> Result<VerifiedToken, Rejection> {
    match verdict(authenticator(), &request(unsigned)) {
        Err(rejection) if rejection.reason() == Reason::BadSignature => {
            verdict(authenticator(), &request(&sign()))
        }
        Err(rejection) => Err(rejection),
        Ok(_) => forged(),
    }
}

#[expect(clippy::panic, reason = "nothing worse can be found")]
fn forged() -> ! {
    panic!("a token that nobody has signed is let in")
}

/// A good header of the issuer's tokens.
pub(crate) fn token_header() -> String {
    format!(r#"{{"alg":"EdDSA","typ":"at+jwt","kid":"{KEY_ID}"}}"#)
}

/// Good claims, and this behind them.
pub(crate) fn token_claims(more: &str) -> String {
    let (iat, exp) = (NOW - 10, NOW + 300);
    format!(
        r#"{{"iss":"{ISSUER}","aud":"{AUDIENCE}","sub":"alice","client_id":"shop","jti":"t1","iat":{iat},"exp":{exp}{more}}}"#
    )
}

/// Runs something to its end, on a thread of its own runtime that goes on from input to input.
pub(crate) fn to_its_end<F: Future>(future: F) -> F::Output {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| {
        let mut builder = Builder::new_current_thread();
        builder.enable_time().build().unwrap()
    });
    runtime.block_on(future)
}
