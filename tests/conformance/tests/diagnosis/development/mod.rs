//! The development mode (`danger_expose_diagnosis`): what it tells, where, and what it never tells.

mod answers;
mod mode;
mod secrets;
mod unverified;

use axum::{Router, routing::get};
use portcullis::{
    AuthenticateLayer, Clock, Credentials, Freshness, Reason, Rejection, TokenVerifier,
    Verification,
};
use portcullis_conformance::{ListeningVerifier, Reply};
use serde_json::{Value, json};
use std::sync::Arc;

/// Marks answers that tell more than they should in service.
const HEADER: &str = "x-portcullis-development";

/// A verifier of which layers are told that they may say why.
#[derive(Clone)]
struct Exposing<V>(V);

impl<V: TokenVerifier> TokenVerifier for Exposing<V> {
    fn verify(&self, credentials: &Credentials, freshness: Freshness) -> Verification {
        self.0.verify(credentials, freshness)
    }

    fn can_ask(&self) -> bool {
        self.0.can_ask()
    }

    fn clock(&self) -> Arc<dyn Clock> {
        self.0.clock()
    }

    fn exposes_diagnosis(&self) -> bool {
        true
    }
}

/// A layer that refuses everything like this, and says why.
fn exposing(rejection: Rejection) -> AuthenticateLayer {
    AuthenticateLayer::new(Exposing(ListeningVerifier::refusing(rejection)))
}

/// An API behind it.
fn api(layer: AuthenticateLayer) -> Router {
    Router::new().route("/", get(|| async {})).layer(layer)
}

/// Whether an answer bears the mark.
fn is_marked(reply: &Reply) -> bool {
    let mut marks = reply.headers.get_all(HEADER).iter();
    let is_marked = marks.next().is_some_and(|mark| mark == "1");
    assert_eq!(marks.next(), None);
    is_marked
}

/// What a body says of a token that may have been made up.
fn unverified() -> Value {
    json!({
        "reason": "unverified",
        "explanation": "The token was refused, and no signature of its issuer is known to be on it: nothing else is told of it here.",
        "settings": [],
        "cure": "See the log of this service for the reason: at the level `debug`, under the target `portcullis::rejection`.",
    })
}

/// What a body says of a reason.
fn told(reason: Reason) -> Value {
    json!({
        "reason": reason.code(),
        "explanation": reason.explanation(),
        "settings": reason.settings(),
        "cure": reason.cure(),
    })
}
