//! What is remembered of a token, when news comes that it is over.

use http::StatusCode;
use portcullis_conformance::{
    Instance, MemoryFeed, World, get, notify, pass_start, post_active, until,
};

use crate::support::{assert_ok, calls, seconds};

#[tokio::test]
async fn e23_a_logout_ends_what_is_remembered_of_the_session() {
    let world = World::start().await;
    let instance = Instance::start(&world).await;
    let session = world.server.login("alice");
    let (jwt, opaque) = (session.token().jwt(), session.token().opaque());
    for token in [&jwt, &opaque] {
        assert_ok(&get(&instance.introspection, token).await);
        assert_ok(&get(&instance.introspection, token).await);
    }
    assert_eq!(calls(&world), 2, "remembered");
    instance.hear_of(&session).await;
    for token in [&jwt, &opaque] {
        let reply = get(&instance.introspection, token).await;
        reply.assert_invalid_token();
    }
    assert_eq!(calls(&world), 2, "and nobody is asked any more");
}

#[tokio::test]
async fn e23_a_logout_of_a_subject_ends_what_is_remembered_of_the_subject() {
    let world = World::start().await;
    let instance = Instance::start(&world).await;
    let token = world.server.login("alice").token().opaque();
    assert_ok(&get(&instance.introspection, &token).await);
    let ahead = world.clock.system_time() + seconds(2);
    let later = world
        .server
        .login("alice")
        .token()
        .issued_at(ahead)
        .opaque();
    assert_ok(&get(&instance.introspection, &later).await);
    world.clock.advance(seconds(1));
    let notice = world.server.logout_token().without_claim("sid").jwt();
    let reply = notify(&instance.receiver, &notice).await;
    assert_eq!(reply.status, StatusCode::OK);
    world.clock.advance(seconds(1));
    get(&instance.introspection, &token)
        .await
        .assert_invalid_token();
    assert_eq!(calls(&world), 2);
    // What was issued since is introspected again, though there is an answer of two seconds ago.
    assert_ok(&get(&instance.introspection, &later).await);
    assert_eq!(calls(&world), 3);
}

#[tokio::test]
async fn e23_what_another_instance_found_inactive_is_asked_for_again() {
    let world = World::start().await;
    let feed = MemoryFeed::new();
    let issuer = || world.told().revocation_feed(feed.clone());
    let (here, there) = (Instance::new(issuer()).await, Instance::new(issuer()).await);
    here.begin();
    there.begin();
    pass_start(&world);
    until(|| feed.sinks().len() == 2).await;
    // Named by its `jti`.
    let token = world.server.token().opaque();
    for instance in [&here, &there] {
        assert_ok(&get(&instance.introspection, &token).await);
    }
    world.server.revoke(&token);
    post_active(&there.introspection, &token)
        .await
        .assert_invalid_token();
    until(|| !here.issuer.revocations().is_empty()).await;
    let asked = calls(&world);
    get(&here.introspection, &token)
        .await
        .assert_invalid_token();
    assert_eq!(calls(&world), asked + 1);
}
