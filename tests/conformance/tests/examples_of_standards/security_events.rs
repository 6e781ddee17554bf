//! RFC 8417 §2.1.1 and §2.2: a security event of SCIM, and the same without a signature. RFC 8935 §2.1: a push.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use portcullis::{SecurityEventError, SecurityEventReceipt};
use portcullis_conformance::parts;

use crate::support::Example;

const UNSECURED: &str = concat!(
    "eyJ0eXAiOiJzZWNldmVudCtqd3QiLCJhbGciOiJub25lIn0.",
    "eyJqdGkiOiI0ZDM1NTllYzY3NTA0YWFiYTY1ZDQwYjAzNjNmYWFkOCIsImlhdCI6MTQ1ODQ5NjQwNCwiaXNzIjoiaHR0cHM6Ly9zY2ltLmV4YW1wbGUuY29t",
    "IiwiYXVkIjpbImh0dHBzOi8vc2NpbS5leGFtcGxlLmNvbS9GZWVkcy85OGQ1MjQ2MWZhNWJiYzg3OTU5M2I3NzU0IiwiaHR0cHM6Ly9zY2ltLmV4YW1wbGUu",
    "Y29tL0ZlZWRzLzVkNzYwNDUxNmIxZDA4NjQxZDc2NzZlZTciXSwiZXZlbnRzIjp7InVybjppZXRmOnBhcmFtczpzY2ltOmV2ZW50OmNyZWF0ZSI6eyJyZWYi",
    "OiJodHRwczovL3NjaW0uZXhhbXBsZS5jb20vVXNlcnMvNDRmNjE0MmRmOTZiZDZhYjYxZTc1MjFkOSIsImF0dHJpYnV0ZXMiOlsiaWQiLCJuYW1lIiwidXNl",
    "ck5hbWUiLCJwYXNzd29yZCIsImVtYWlscyJdfX19.",
);

/// With a secret that only its two parties know.
const PUSHED: &str = concat!(
    "eyJ0eXAiOiJzZWNldmVudCtqd3QiLCJhbGciOiJIUzI1NiJ9Cg.",
    "eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlLmNvbS8iLCJqdGkiOiI3NTZFNjk3MTc1NjUyMDY5NjQ2NTZFNzQ2OTY2Njk2NTcyIiwiaWF0IjoxNTA4MTg0",
    "ODQ1LCJhdWQiOiI2MzZDNjk2NTZFNzQ1RjY5NjQiLCJldmVudHMiOnsiaHR0cHM6Ly9zY2hlbWFzLm9wZW5pZC5uZXQvc2VjZXZlbnQvcmlzYy9ldmVudC10",
    "eXBlL2FjY291bnQtZGlzYWJsZWQiOnsic3ViamVjdCI6eyJzdWJqZWN0X3R5cGUiOiJpc3Mtc3ViIiwiaXNzIjoiaHR0cHM6Ly9pZHAuZXhhbXBsZS5jb20v",
    "Iiwic3ViIjoiNzM3NTYyNkE2NTYzNzQifSwicmVhc29uIjoiaGlqYWNraW5nIn19fQ.",
    "Y4rXxMD406P2edv00cr9Wf3_XwNtLjB9n-jTqN1_lLc",
);

const FEED: &str = "https://scim.example.com/Feeds/5d7604516b1d08641d7676ee7";

/// What a receiver makes of an event, and how much it knows to be over then.
async fn outcome(example: &Example, audience: &str, event: &str) -> (SecurityEventReceipt, usize) {
    let issuer = example.issuer().audience("orders-api");
    let issuer = issuer.security_event_audience(audience).build().unwrap();
    let receiver = issuer.security_event_receiver().unwrap();
    let content_type = Some("application/secevent+jwt");
    let receipt = receiver.receive(None, content_type, event.as_bytes()).await;
    (receipt, issuer.revocations().len())
}

/// An example, signed by its issuer: nothing else of it is changed than who has signed it.
fn signed(example: &Example, printed: &str) -> String {
    let [header, claims, _] = parts(printed).map(|part| URL_SAFE_NO_PAD.decode(part).unwrap());
    let header = String::from_utf8(header).unwrap();
    let by_the_issuer = r#""alg":"RS256","kid":"1""#;
    let by_whom = [r#""alg":"none""#, r#""alg":"HS256""#];
    let by_whom = by_whom.iter().find(|alg| header.contains(**alg)).unwrap();
    let header = header.replace(by_whom, by_the_issuer);
    example.key.sign_raw(header, claims)
}

/// It is about something that tells nothing of tokens.
#[tokio::test]
async fn the_event_of_rfc_8417_is_taken_and_ends_nothing() {
    let example = Example::of("https://scim.example.com", "1", 1_458_496_404);
    let event = signed(&example, UNSECURED);
    let taken = outcome(&example, FEED, &event).await;
    assert_eq!(taken, (SecurityEventReceipt::Taken, 0));
    let other = outcome(&example, "https://scim.example.com/Feeds", &event).await;
    let refused = SecurityEventReceipt::Refused(SecurityEventError::InvalidAudience);
    assert_eq!(other, (refused, 0));
}

#[tokio::test]
async fn the_event_of_rfc_8417_without_a_signature_is_refused() {
    let example = Example::of("https://scim.example.com", "1", 1_458_496_404);
    let refused = SecurityEventReceipt::Refused(SecurityEventError::InvalidRequest);
    assert_eq!(outcome(&example, FEED, UNSECURED).await, (refused, 0));
}

/// A secret that is shared says nothing of who has signed: whoever can verify can sign.
#[tokio::test]
async fn the_push_of_rfc_8935_is_taken_if_the_issuer_has_signed_it() {
    let example = Example::of("https://idp.example.com/", "1", 1_508_184_845);
    let audience = "636C69656E745F6964";
    let refused = SecurityEventReceipt::Refused(SecurityEventError::InvalidRequest);
    assert_eq!(outcome(&example, audience, PUSHED).await, (refused, 0));
    let event = signed(&example, PUSHED);
    let taken = outcome(&example, audience, &event).await;
    assert_eq!(taken, (SecurityEventReceipt::Taken, 0));
}
