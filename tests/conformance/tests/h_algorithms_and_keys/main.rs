//! Section H: algorithms and keys.

mod algorithms;
mod bad_keys;
mod ecdsa;
mod ed25519;
mod key_choice;
mod key_ids;
mod rsa;
mod secrets;

use portcullis_conformance::{LocalWorld, World};

/// A world that also publishes these keys.
async fn publishing(jwks: impl IntoIterator<Item = serde_json::Value>) -> LocalWorld {
    let world = World::start().await;
    for jwk in jwks {
        world.server.add_jwk(jwk);
    }
    LocalWorld::on(world, |realm| realm).await
}
