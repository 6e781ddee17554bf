//! What the server says of a token, in words that can be looked for.

use http::StatusCode;
use portcullis::{CanAsk, Issuer};
use portcullis_conformance::{AUDIENCE, T0, protected};
use portcullis_testing::{Answer, Endpoint, Fault};
use serde_json::{Value, json};

use super::scene::Scene;

/// What only the answer says.
pub(super) const NAME: &str = "a-user-of-this-name";
pub(super) const SESSION: &str = "a-session-of-this-id";

/// A good answer.
pub(super) fn active(scene: &Scene) -> Value {
    let issuer = scene.world.server.issuer();
    json!({
        "active": true, "iss": issuer, "aud": AUDIENCE, "sub": NAME, "sid": SESSION,
        "exp": T0 + 300,
    })
}

/// The status that a request gets whose token the server answers so about.
pub(super) async fn answer(
    scene: &mut Scene,
    issuer: &Issuer<CanAsk>,
    kind: &str,
    body: &str,
) -> StatusCode {
    let said = Answer::new(200).header("content-type", kind).body(body);
    let endpoint = Endpoint::Introspection;
    scene.world.server.inject(endpoint, Fault::answer(said));
    let token = scene.mint().opaque();
    let router = protected(issuer.introspection());
    let [reply, _] = scene.present(&router, &token).await;
    scene.world.server.clear_faults(endpoint);
    reply.status
}
