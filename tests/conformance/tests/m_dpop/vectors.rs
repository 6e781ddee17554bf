//! The example of RFC 9449 §7.1.

use std::sync::Arc;

use http::Request;
use portcullis::{
    Authenticator, Clock, Dpop, Expectations, ManualClock, RequestView, TokenFacts, TokenVerifier,
    Verification,
};
use serde_json::json;

const TOKEN: &str = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
const PROOF: &str = concat!(
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6Ik",
    "VDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCR",
    "nMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JE",
    "QSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIj",
    "oiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0Z",
    "WRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNF",
    "c05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71E",
    "OptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA",
);

/// Whoever has verified the token of the example.
struct Example {
    clock: ManualClock,
    jkt: &'static str,
}

impl TokenVerifier for Example {
    fn verify(&self, _: &portcullis::Credentials, _: portcullis::Freshness) -> Verification {
        let claims = json!({"cnf": {"jkt": self.jkt}}).to_string();
        let expectations = Arc::new(Expectations::danger_any_audience());
        let facts = TokenFacts::from_json(claims, &expectations).unwrap();
        Verification::now(Ok(Arc::new(facts)))
    }

    fn can_ask(&self) -> bool {
        false
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(self.clock.clone())
    }
}

async fn is_accepted(jkt: &'static str) -> bool {
    let clock = ManualClock::at(1_562_262_618);
    let dpop = Dpop::at("https://resource.example.org").unwrap();
    let authenticator = Arc::new(Authenticator::new(Example { clock, jkt }).dpop(dpop));
    let request = Request::get("/protectedresource")
        .header("authorization", format!("DPoP {TOKEN}"))
        .header("dpop", PROOF)
        .body(())
        .unwrap();
    let view = RequestView::from(&request);
    authenticator.authenticate(view).await.is_ok()
}

#[tokio::test]
async fn m27_the_example_of_the_standard_is_accepted() {
    assert!(is_accepted("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I").await);
    assert!(!is_accepted("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k").await);
}
