//! Logout tokens (OpenID Connect Back-Channel Logout 1.0). An input that begins with `{` is what such a
//! token says, and is really signed; any other is the token itself.

use std::sync::OnceLock;

use portcullis::{Issuer, LogoutReceiver, NoticeReceipt};

use crate::{
    Outcome,
    json::Json,
    reading::{is_chain, numeric_date},
    service::{self, ISSUER, LEEWAY, NOW},
    signer::{KEY_ID, Signer},
};

/// The client that logout tokens are addressed to.
const FRONT_END: &str = "shop-web";
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Takes a logout token, or not.
pub fn run(data: &[u8]) -> Outcome {
    let is_signed = data.starts_with(b"{");
    let Some(token) = token(data, is_signed) else {
        return Outcome::Refused;
    };
    let said = Json::read_object(data).filter(|said| is_signed && tells_of_logout(said));
    let receipt = service::to_its_end(receiver().receive(&token));
    assert_eq!(
        receipt == NoticeReceipt::Taken,
        said.is_some(),
        "{receipt:?}"
    );
    assert_ne!(receipt, NoticeReceipt::Pending, "the keys are here");
    Outcome::accepted_if(said.is_some())
}

fn token(data: &[u8], is_signed: bool) -> Option<String> {
    if is_signed {
        let header = format!(r#"{{"alg":"EdDSA","typ":"logout+jwt","kid":"{KEY_ID}"}}"#);
        return Some(Signer::issuer().sign(header, data));
    }
    String::from_utf8(data.to_vec()).ok()
}

fn receiver() -> &'static LogoutReceiver {
    static RECEIVER: OnceLock<(Issuer, LogoutReceiver)> = OnceLock::new();
    let (_, receiver) = RECEIVER.get_or_init(|| {
        let issuer = service::issuer().logout_audiences([FRONT_END]);
        let issuer = issuer.max_revocations(1000).build().unwrap();
        let receiver = issuer.logout_receiver().unwrap();
        (issuer, receiver)
    });
    receiver
}

/// The second reading of §2.6.
fn tells_of_logout(said: &Json) -> bool {
    let now = NOW as f64;
    let text = |name| said.get(name).and_then(Json::text);
    let date = |name| said.get(name).and_then(numeric_date);
    let is_text = |name| said.get(name).is_none_or(|value| value.text().is_some());
    let event = said.get("events").and_then(|events| events.get(EVENT));
    let kind = text("typ");
    text("iss") == Some(ISSUER)
        && said.get("aud").is_some_and(|aud| aud.names(FRONT_END))
        && text("jti").is_some()
        && date("iat").is_some_and(|iat| iat <= now + LEEWAY)
        && date("exp").is_some_and(|exp| exp > now - LEEWAY)
        && (said.get("nbf").is_none() || date("nbf").is_some())
        && event.is_some_and(Json::is_object)
        && said.get("nonce").is_none()
        && kind.is_none_or(|kind| kind.eq_ignore_ascii_case("logout"))
        && [
            "sub",
            "sid",
            "typ",
            "client_id",
            "azp",
            "token_type",
            "token_use",
        ]
        .into_iter()
        .all(is_text)
        && text("sub") != Some("")
        && said.get("act").is_none_or(|act| is_chain(act, 16))
        && (text("sub").is_some() || text("sid").is_some_and(|sid| !sid.is_empty()))
}
