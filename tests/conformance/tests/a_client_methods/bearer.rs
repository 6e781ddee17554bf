//! A14: an access token of our own (RFC 7662 §2.1).

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use http::StatusCode;
use portcullis::{AccessToken, BearerUnavailable, ClientAuthentication};
use portcullis_conformance::{CLIENT_ID, CapturedLog, World, get, protected};
use portcullis_testing::Endpoint;
use tracing::Level;

const SCOPE: &str = "introspect";

async fn world() -> World {
    let world = World::start().await;
    world.server.set_bearer_introspection(Some(SCOPE));
    world
}

fn own_token(world: &World) -> String {
    world.server.token().client(CLIENT_ID).scope(SCOPE).opaque()
}

#[tokio::test]
async fn a14_a_token_of_our_own_stands_alone_in_the_header() {
    let world = world().await;
    let own = own_token(&world);
    let client = ClientAuthentication::bearer(&own).unwrap();
    let issuer = world.realm().client_authentication(client).build().unwrap();
    let router = protected(issuer.introspection());
    let reply = get(&router, &world.server.token().opaque()).await;
    assert_eq!(reply.status, StatusCode::OK);
    let requests = world.server.requests(Endpoint::Introspection);
    let header = requests[0].header("authorization").unwrap();
    assert_eq!(header, format!("Bearer {own}"));
    let names: Vec<_> = requests[0]
        .form()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, ["token"]);
}

#[tokio::test]
async fn a14_a_token_is_had_anew_for_each_call() {
    let world = world().await;
    let tokens = Arc::new([own_token(&world), own_token(&world)]);
    let (calls, source) = (Arc::new(AtomicUsize::new(0)), tokens.clone());
    let client = ClientAuthentication::bearer_from(move || {
        let token = source[calls.fetch_add(1, Ordering::SeqCst)].clone();
        async move { AccessToken::new(&token) }
    });
    let issuer = world.realm().client_authentication(client).build().unwrap();
    let router = protected(issuer.introspection());
    for own in &*tokens {
        world.server.clear_requests();
        let reply = get(&router, &world.server.token().opaque()).await;
        assert_eq!(reply.status, StatusCode::OK);
        let requests = world.server.requests(Endpoint::Introspection);
        let header = requests[0].header("authorization").unwrap();
        assert_eq!(header, format!("Bearer {own}"));
    }
}

#[tokio::test]
async fn a14_without_a_token_we_cannot_know() {
    let world = world().await;
    let logs = CapturedLog::start();
    let client = ClientAuthentication::bearer_from(|| async {
        Err(BearerUnavailable::because("the token endpoint is down"))
    });
    let issuer = world.realm().client_authentication(client).build().unwrap();
    let router = protected(issuer.introspection());
    let reply = get(&router, &world.server.token().opaque()).await;
    reply.assert_unavailable();
    assert_eq!(world.server.request_count(Endpoint::Introspection), 0);
    let lines = logs.matching(Level::WARN, "the token endpoint is down");
    assert_eq!(lines.len(), 1, "{:?}", logs.lines());
}
