//! Answers about tokens that the issuer has signed (RFC 9701). An input that begins with `{` is what
//! such an answer says, and is really signed; any other is the answer itself.

use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use portcullis::Authenticator;

use crate::{
    Outcome,
    client::{Answering, Body},
    introspection::asked,
    json::Json,
    reading::{is_chain, is_good_answer, numeric_date},
    service::{self, AUDIENCE, ISSUER, NOW},
    signer::{KEY_ID, Signer},
};

/// Lets in an opaque token that this is the answer about, or not.
pub fn run(data: &[u8]) -> Outcome {
    let is_signed = data.starts_with(b"{");
    let body = if is_signed {
        let header =
            format!(r#"{{"alg":"EdDSA","typ":"token-introspection+jwt","kid":"{KEY_ID}"}}"#);
        Signer::issuer().sign(header, data).into()
    } else {
        Bytes::copy_from_slice(data)
    };
    let answer =
        move |_: &Request<Bytes>| -> Body { (body.clone(), "application/token-introspection+jwt") };
    let issuer = service::described()
        .keys(Signer::issuer().key_set())
        .client_secret("orders-api", "hush")
        .introspection_endpoint(format!("{ISSUER}/introspect"))
        .signed_introspection()
        .http_client(Answering::by(answer))
        .build()
        .unwrap();
    let authenticator = Arc::new(Authenticator::new(issuer.introspection()));
    let verdict = asked(&authenticator);
    let is_good = is_signed && Json::read_object(data).is_some_and(|said| is_answer_to_us(&said));
    assert_eq!(verdict.is_ok(), is_good, "{:?}", verdict.err());
    if let Err(rejection) = verdict {
        assert!(
            matches!(rejection.status().as_u16(), 401 | 503),
            "{rejection:?}"
        );
        assert!(is_signed || rejection.status() == 503, "{rejection:?}");
    }
    Outcome::accepted_if(is_good)
}

fn is_answer_to_us(said: &Json) -> bool {
    let now = NOW as f64;
    let iat = said.get("iat").and_then(numeric_date);
    let dates = ["exp", "nbf"].into_iter();
    let texts = [
        "sub",
        "jti",
        "client_id",
        "azp",
        "sid",
        "typ",
        "token_type",
        "token_use",
    ];
    let mut texts = texts.into_iter();
    said.get("iss").and_then(Json::text) == Some(ISSUER)
        && said.get("aud").is_some_and(|aud| aud.names(AUDIENCE))
        && iat.is_some_and(|iat| (now - 60.0..=now + 60.0).contains(&iat))
        // What stands beside the answer says nothing, but has to be what it calls itself.
        && dates
            .filter_map(|name| said.get(name))
            .all(|date| numeric_date(date).is_some())
        && texts.all(|name| {
            said.get(name)
                .is_none_or(|value| value.text().is_some_and(|text| name != "sub" || !text.is_empty()))
        })
        && said.get("act").is_none_or(|act| is_chain(act, 16))
        && said.get("token_introspection").is_some_and(is_good_answer)
}
