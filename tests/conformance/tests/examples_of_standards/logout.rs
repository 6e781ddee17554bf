//! OpenID Connect Back-Channel Logout 1.0 §2.4: the logout token.

use portcullis::NoticeReceipt;

use crate::support::Example;

const HEADER: &str = r#"{"typ":"logout+jwt","alg":"RS256","kid":"1"}"#;
const CLAIMS: &str = r#"{
   "iss": "https://server.example.com",
   "sub": "248289761001",
   "aud": "s6BhdRkqt3",
   "iat": 1471566154,
   "exp": 1471569754,
   "jti": "bWJq",
   "sid": "08a5019c-17e1-4977-8f42-65a12843ea02",
   "events": {
     "http://schemas.openid.net/event/backchannel-logout": {}
     }
   }"#;
/// §2.5 prints a request whose token is cut short.
const CUT_SHORT: &str = "eyJhbGci ... .eyJpc3Mi ... .T3BlbklE ...";

/// What becomes of a logout token for this client, and of how much is known then that it is over.
async fn outcome(client: &str, now: u64, claims: &str) -> (NoticeReceipt, usize) {
    let example = Example::of("https://server.example.com", "1", now);
    let issuer = example.issuer().audience("orders-api");
    let issuer = issuer.logout_audiences([client]).build().unwrap();
    let receiver = issuer.logout_receiver().unwrap();
    let token = example.key.sign_raw(HEADER, claims);
    let receipt = receiver.receive(&token).await;
    (receipt, issuer.revocations().len())
}

#[tokio::test]
async fn the_logout_token_of_the_standard_ends_its_session() {
    let (us, issued) = ("s6BhdRkqt3", 1_471_566_154);
    assert_eq!(outcome(us, issued, CLAIMS).await, (NoticeReceipt::Taken, 1));
    for (case, refused) in [
        (
            "another client",
            outcome("s6BhdRkqt4", issued, CLAIMS).await,
        ),
        (
            "an ID token",
            outcome(
                us,
                issued,
                &CLAIMS.replace("\"jti\"", "\"nonce\": \"n-0S6_WzA2Mj\", \"jti\""),
            )
            .await,
        ),
        (
            "no event",
            outcome(
                us,
                issued,
                &CLAIMS.replace("backchannel-logout", "frontchannel-logout"),
            )
            .await,
        ),
    ] {
        assert_eq!(refused, (NoticeReceipt::Refused, 0), "{case}");
    }
}

#[tokio::test]
async fn the_token_that_the_standard_cuts_short_is_none() {
    let example = Example::of("https://server.example.com", "1", 1_471_566_154);
    let issuer = example.issuer().audience("orders-api");
    let issuer = issuer.logout_audiences(["s6BhdRkqt3"]).build().unwrap();
    let receiver = issuer.logout_receiver().unwrap();
    assert_eq!(receiver.receive(CUT_SHORT).await, NoticeReceipt::Refused);
}
