//! JOSE headers (RFC 7515 §4) of tokens that are good but for them, and really signed.

use crate::{
    Outcome,
    reading::is_good_header,
    service::{token_claims, verdict_once_signed},
    signer::{Signer, base64url, unsigned},
};

/// The longest header that is read, in base64url.
const LONGEST: usize = 4096 * 4 / 3 + 1;

/// Lets in a token with this header, or not.
pub fn run(data: &[u8]) -> Outcome {
    if data.len() > 6000 {
        return Outcome::Refused;
    }
    let claims = token_claims("");
    let token = unsigned(data, &claims);
    let verdict = verdict_once_signed(&token, || Signer::issuer().sign(data, &claims));
    let is_good = is_good_header(data, "at+jwt") && base64url(data).len() <= LONGEST;
    assert_eq!(verdict.is_ok(), is_good, "{:?}", verdict.err());
    Outcome::accepted_if(is_good)
}
