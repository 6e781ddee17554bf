//! RFC 9068 §2.2, figure 2; and the key of RFC 7638 §3.1 under its name of RFC 9278 §3.

use http::StatusCode;
use portcullis::{AccessTokenProfile, Algorithm, KeySet};
use portcullis_conformance::{get, parts, protected, with_signature};
use serde_json::json;

use crate::support::Example;

const HEADER: &str = r#"{"typ":"at+JWT","alg":"RS256","kid":"RjEwOwOA"}"#;
const CLAIMS: &str = r#"{
     "iss": "https://authorization-server.example.com/",
     "sub": "5ba552d67",
     "aud":   "https://rs.example.com/",
     "exp": 1639528912,
     "iat": 1618354090,
     "jti" : "dbe39bf3a3ba4238a513f51d6e1691c4",
     "client_id": "s6BhdRkqt3",
     "scope": "openid profile reademail"
   }"#;

async fn status(profile: AccessTokenProfile, audience: &str, now: u64) -> StatusCode {
    let example = Example::of("https://authorization-server.example.com/", "RjEwOwOA", now);
    let issuer = example.issuer().audience(audience).profile(profile);
    let router = protected(issuer.build().unwrap().jwt());
    let token = example.key.sign_raw(HEADER, CLAIMS);
    let reply = get(&router, &token).await;
    if reply.status == StatusCode::OK {
        let claims = reply.json();
        assert_eq!(claims["sub"], "5ba552d67");
        // The same with another signature is nobody's.
        let forged = with_signature(&token, [0; 256]);
        let refused = get(&router, &forged).await;
        refused.assert_invalid_token();
        assert_eq!(parts(&forged)[..2], parts(&token)[..2]);
    }
    reply.status
}

#[tokio::test]
async fn the_access_token_of_rfc_9068_is_good_for_its_resource_and_time() {
    use AccessTokenProfile::Rfc9068;
    let (resource, issued) = ("https://rs.example.com/", 1_618_354_090);
    assert_eq!(status(Rfc9068, resource, issued).await, StatusCode::OK);
    let ended = 1_639_528_912 + 60;
    assert_eq!(
        status(Rfc9068, resource, ended).await,
        StatusCode::UNAUTHORIZED
    );
    let elsewhere = "https://rs.example.com";
    assert_eq!(
        status(Rfc9068, elsewhere, issued).await,
        StatusCode::UNAUTHORIZED
    );
}

/// A name like any other: nothing is read in it, and a key set that gives it to a key is good.
#[test]
fn the_thumbprint_uri_of_rfc_9278_is_a_name_for_a_key() {
    let name =
        "urn:ietf:params:oauth:jwk-thumbprint:sha-256:NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";
    let modulus = concat!(
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhM",
        "stn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5",
        "hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
    );
    let key = json!({"kty": "RSA", "n": modulus, "e": "AQAB", "alg": "RS256", "kid": name});
    let set = json!({ "keys": [key] }).to_string();
    let keys = KeySet::parse(set.as_bytes(), Algorithm::ALL).unwrap();
    assert_eq!(keys.usable_keys(), 1);
    assert_eq!(keys.keys().next().unwrap().kid(), Some(name));
}
