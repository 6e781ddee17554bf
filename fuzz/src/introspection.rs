//! Answers about tokens (RFC 7662 §2.2).

use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use portcullis::{Authenticator, Rejection, RequestView, VerifiedToken};

use crate::{
    Outcome,
    client::{Answering, Body},
    json::Json,
    reading::is_good_answer,
    service::{self, ISSUER},
};

/// Lets in an opaque token that this is the answer about, or not.
pub fn run(data: &[u8]) -> Outcome {
    let body = Bytes::copy_from_slice(data);
    let answer = move |_: &Request<Bytes>| -> Body { (body.clone(), "application/json") };
    let issuer = service::described()
        .client_secret("orders-api", "hush")
        .introspection_endpoint(format!("{ISSUER}/introspect"))
        .http_client(Answering::by(answer))
        .build()
        .unwrap();
    let authenticator = Arc::new(Authenticator::new(issuer.introspection()));
    let verdict = asked(&authenticator);
    let answer = Json::read_object(data);
    let is_good = answer.as_ref().is_some_and(is_good_answer);
    assert_eq!(verdict.is_ok(), is_good, "{:?}", verdict.err());
    if let Err(rejection) = verdict {
        let is_inactive = answer
            .as_ref()
            .is_some_and(|answer| answer.get("active") == Some(&Json::Bool(false)));
        let status = rejection.status().as_u16();
        // What is no answer says nothing about the token.
        let is_none =
            answer.is_none_or(|answer| !matches!(answer.get("active"), Some(Json::Bool(_))));
        match status {
            401 => assert!(!is_none, "{rejection:?}"),
            503 => assert!(!is_inactive, "{rejection:?}"),
            _ => wrong(&rejection),
        }
    }
    Outcome::accepted_if(is_good)
}

/// The verdict on an opaque token, which the issuer is asked about.
pub(crate) fn asked(authenticator: &Arc<Authenticator>) -> Result<VerifiedToken, Rejection> {
    let request = service::request("opaque");
    let verdict = authenticator.authenticate(RequestView::from(&request));
    service::to_its_end(verdict).map(Option::unwrap)
}

#[expect(
    clippy::panic,
    reason = "no answer is our own mistake, or our client's"
)]
fn wrong(rejection: &Rejection) -> ! {
    panic!("{rejection:?}")
}
