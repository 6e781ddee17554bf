//! Servers without a network, and what they are asked about.

use std::{sync::Arc, time::Duration};

use portcullis::{HttpError, IssuerBuilder, WithCredentials};
use portcullis_conformance::{AUDIENCE, AnsweringClient, T0, World};
use serde_json::{Value, json};

/// The text that Portcullis asks about to find out how the server is.
pub(crate) const PROBE: &str = "portcullis-probe";

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// A good answer about a token of this world.
pub(crate) fn active(world: &World) -> Value {
    let issuer = world.server.issuer();
    json!({"active": true, "iss": issuer, "aud": AUDIENCE, "exp": T0 + 86_400})
}

pub(crate) fn inactive() -> Value {
    json!({"active": false})
}

/// A good token that lives for a day.
pub(crate) fn lasting_jwt(world: &World) -> String {
    world.server.token().expires_in(86_400 * SECOND).jwt()
}

/// The same, opaque.
pub(crate) fn lasting_opaque(world: &World) -> String {
    world.server.token().expires_in(86_400 * SECOND).opaque()
}

/// The issuer of this world, whose server takes so long about each token. Those named it calls
/// active, in the answers given with them, and all others not.
pub(crate) fn slow(
    world: &World,
    takes: Duration,
    known: impl IntoIterator<Item = (String, Value)>,
) -> IssuerBuilder<WithCredentials> {
    let known: Arc<[_]> = known.into_iter().collect();
    let client = AnsweringClient::new(move |token: String| {
        let answer = known.iter().find(|(known, _)| *known == token);
        let answer = answer.map_or_else(inactive, |(_, answer)| answer.clone());
        async move {
            tokio::time::sleep(takes).await;
            Ok::<_, HttpError>(answer)
        }
    });
    world.asking().http_client(client)
}
