//! Security events (RFC 8417, Shared Signals Framework 1.0). An input that begins with `{` is what such
//! an event says, and is really signed; any other is the event itself.

use std::sync::OnceLock;

use portcullis::{Issuer, SecurityEventReceipt, SecurityEventReceiver};

use crate::{
    Outcome,
    json::Json,
    reading::numeric_date,
    service::{self, AUDIENCE, ISSUER, LEEWAY, NOW},
    signer::{KEY_ID, Signer},
};

/// Takes a security event, or not.
pub fn run(data: &[u8]) -> Outcome {
    let is_signed = data.starts_with(b"{");
    let body = if is_signed {
        let header = format!(r#"{{"alg":"EdDSA","typ":"secevent+jwt","kid":"{KEY_ID}"}}"#);
        Signer::issuer().sign(header, data).into_bytes()
    } else {
        data.to_vec()
    };
    let receiving = receiver().receive(None, Some("application/secevent+jwt"), &body);
    let receipt = service::to_its_end(receiving);
    let is_taken = receipt == SecurityEventReceipt::Taken;
    assert_ne!(receipt, SecurityEventReceipt::Pending, "the keys are here");
    if is_taken {
        let said = Json::read_object(data).filter(|_| is_signed).unwrap();
        assert!(is_ours(&said), "{said:?}");
    }
    Outcome::accepted_if(is_taken)
}

fn receiver() -> &'static SecurityEventReceiver {
    static RECEIVER: OnceLock<(Issuer, SecurityEventReceiver)> = OnceLock::new();
    let (_, receiver) = RECEIVER.get_or_init(|| {
        let issuer = service::issuer().security_event_audience(AUDIENCE);
        let issuer = issuer.max_revocations(1000).build().unwrap();
        let receiver = issuer.security_event_receiver().unwrap();
        (issuer, receiver)
    });
    receiver
}

/// What every event that is taken has (RFC 8417 §2.2, SSF 1.0 §4.1).
fn is_ours(said: &Json) -> bool {
    let text = |name| said.get(name).and_then(Json::text);
    let is_one_event = match said.get("events") {
        Some(Json::Object(events)) => events.len() == 1,
        _ => false,
    };
    let issued = said.get("iat").and_then(numeric_date);
    text("iss") == Some(ISSUER)
        && said.get("aud").is_some_and(|aud| aud.names(AUDIENCE))
        && text("jti").is_some_and(|jti| !jti.is_empty())
        && issued.is_some_and(|issued| issued <= NOW as f64 + LEEWAY)
        && said.get("sub").is_none()
        && said.get("exp").is_none()
        && is_one_event
}
