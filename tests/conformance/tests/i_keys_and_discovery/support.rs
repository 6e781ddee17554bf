//! Tokens of keys that nobody knows, and servers at other places.

use std::time::{Duration, UNIX_EPOCH};

use portcullis::ManualClock;
use portcullis_conformance::{AUDIENCE, CLIENT_ID, CLIENT_SECRET, T0, World};
use portcullis_testing::{
    AuthorizationServer, AuthorizationServerBuilder, Endpoint, SigningAlgorithm,
};

/// A token whose `kid` is in no key set, issued a minute before the test began: any key set that
/// is fetched can say that there is no such key.
pub(crate) fn unknown(world: &World, kid: &str) -> String {
    unknown_since(world, kid, T0 - 60)
}

/// The same, issued at this second.
pub(crate) fn unknown_since(world: &World, kid: &str, iat: u64) -> String {
    world
        .server
        .token()
        .algorithm(SigningAlgorithm::EdDSA)
        .issued_at(UNIX_EPOCH + Duration::from_secs(iat))
        .header("kid", kid)
        .jwt()
}

/// A good token that lives for a day.
pub(crate) fn lasting(world: &World) -> String {
    let token = world.server.token();
    token.expires_in(Duration::from_secs(86_400)).jwt()
}

/// How often the key set was fetched.
pub(crate) fn fetches(world: &World) -> usize {
    world.server.request_count(Endpoint::Jwks)
}

/// A world whose server is set up by the test.
pub(crate) async fn world_with(
    settings: impl FnOnce(AuthorizationServerBuilder) -> AuthorizationServerBuilder,
) -> World {
    let clock = ManualClock::at(T0);
    let time = clock.clone();
    let server = AuthorizationServer::builder()
        .clock(move || time.system_time())
        .audience(AUDIENCE)
        .client(CLIENT_ID, CLIENT_SECRET);
    let server = settings(server).start().await.unwrap();
    World { server, clock }
}

/// What every future came to, in their order.
pub(crate) async fn join_all<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut outputs = Vec::new();
    for future in futures {
        outputs.push(future.await);
    }
    outputs
}
