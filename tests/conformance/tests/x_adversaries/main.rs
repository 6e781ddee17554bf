//! Section X: attacks that have worked elsewhere, one test for each advisory, in the shape in which it
//! was made. Each is refused here; what is asserted beside it is that the honest token is not.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod answers;
mod binding;
mod claims;
mod headers;
mod keys;
mod structure;

use portcullis_conformance::{LocalWorld, World};
use portcullis_testing::{SigningAlgorithm, SigningKey};

/// A service that verifies JWTs with the keys it has already, and the key that signs them.
async fn local() -> (LocalWorld, SigningKey) {
    let world = World::start().await;
    let key = world.server.signing_key(SigningAlgorithm::RS256);
    let local = LocalWorld::on(world, |realm| realm).await;
    local.accepts(&local.server().token().jwt(), "honest").await;
    (local, key)
}

/// HS256 under this secret and this key id.
fn secret(secret: impl Into<Vec<u8>>, kid: &str) -> Option<SigningKey> {
    let key = SigningKey::hmac(SigningAlgorithm::HS256, secret).ok()?;
    Some(key.with_key_id(kid))
}
