//! What ends a token before its `exp`, and who tells of it.

use http::StatusCode;
use portcullis_conformance::{AUDIENCE, FRONT_END, Instance, T0, World, get, post_active, until};
use portcullis_testing::{Client, Endpoint};

use crate::support::{SECOND, assert_ok, calls};

/// A server that calls active what was issued before its own cut-off.
#[tokio::test]
async fn y41_keycloak_49118_what_was_issued_before_the_cut_off_is_refused_here() {
    let world = World::start().await;
    let old = world.server.token();
    let tokens = [old.clone().jwt(), old.opaque()];
    world.clock.advance(SECOND);
    world.server.set_not_before(world.clock.system_time());
    for token in &tokens {
        let mut answer = world.server.introspect(token);
        answer["active"] = true.into();
        answer["iss"] = world.server.issuer().into();
        answer["iat"] = T0.into();
        answer["aud"] = AUDIENCE.into();
        world.server.set_introspection_answer(token, answer);
    }
    let instance = Instance::with(&world, world.told()).await;
    for token in &tokens {
        for router in [&instance.hybrid, &instance.introspection] {
            get(router, token).await.assert_invalid_token();
            post_active(router, token).await.assert_invalid_token();
        }
    }
    get(&instance.jwt, &tokens[0]).await.assert_invalid_token();
    let new = world.server.token().jwt();
    instance.admits(&new).await;
}

#[tokio::test]
async fn y59_spring_security_10558_a_jwt_ends_with_the_notice_of_its_session() {
    let world = World::start().await;
    let instance = Instance::start(&world).await;
    instance.subscribe(&world).await;
    let session = world.server.login("alice");
    let token = session.token().jwt();
    assert_ok(&get(&instance.jwt, &token).await);
    session.log_out().await;
    get(&instance.jwt, &token).await.assert_invalid_token();
    assert_eq!(calls(&world), 0);
}

#[tokio::test]
async fn y59_louketo_proxy_333_a_jwt_ends_with_a_cut_off_that_is_pushed() {
    let world = World::start().await;
    let issuer = world.told().not_before_clients([FRONT_END]);
    let instance = Instance::with(&world, issuer).await;
    let receiver = instance.issuer.not_before_receiver().unwrap();
    let token = world.server.token().jwt();
    assert_ok(&get(&instance.jwt, &token).await);
    world.clock.advance(SECOND);
    world.server.set_not_before(world.clock.system_time());
    let message = world.server.not_before_message(FRONT_END).jwt();
    let receipt = receiver.receive(message.as_bytes()).await;
    assert_eq!(receipt.status(), StatusCode::OK);
    get(&instance.jwt, &token).await.assert_invalid_token();
    assert_eq!(calls(&world), 0);
}

/// Of none of these a notice is sent: rechecks find them, though the front end would take one.
#[tokio::test]
async fn y60_keycloak_25171_13272_37981_51376_what_no_notice_tells_is_found() {
    type End = fn(&World, &portcullis_testing::Session, &str);
    let ends: [(&str, End); 3] = [
        ("25171, expired session", |_, session, _| session.end()),
        (
            "13272, 37981, user disabled or deleted",
            |world, session, _| {
                world.server.disable_user(session.user());
            },
        ),
        ("51376, revoked token", |world, _, token| {
            world.server.revoke(token);
        }),
    ];
    for (case, end) in ends {
        let world = World::start().await;
        let issuer = world.told().recheck_every(10 * SECOND);
        let instance = Instance::with(&world, issuer).await;
        instance.subscribe(&world).await;
        let session = world.server.login("ali");
        let token = session.token().jwt();
        assert_ok(&get(&instance.hybrid, &token).await);
        world
            .server
            .wait_for_requests(Endpoint::Introspection, 1)
            .await;
        end(&world, &session, &token);
        world.clock.advance(30 * SECOND);
        let reply = get(&instance.hybrid, &token).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{case}");
    }
}

/// "Log out all" of a user names one session at the most, and that of a realm nobody.
#[tokio::test]
async fn y60_keycloak_22914_a_logout_of_all_is_one_whoever_it_names() {
    let world = World::start().await;
    let instance = Instance::start(&world).await;
    let client = Client::public(FRONT_END).backchannel_session_required(false);
    instance.subscribe_as(&world, client).await;
    let sessions = [world.server.login("alice"), world.server.login("alice")];
    let tokens = sessions.each_ref().map(|session| session.token().jwt());
    sessions[0].log_out().await;
    for token in &tokens {
        get(&instance.jwt, token).await.assert_invalid_token();
    }
    // Of a realm-wide one there is a cut-off to be asked for.
    let realm = World::start().await;
    let old = realm.server.login("bob").token().jwt();
    realm.clock.advance(SECOND);
    realm.server.log_out_all();
    let instance = Instance::start(&realm).await;
    instance.refuses_unasked(&realm, &old).await;
}

/// As many as come, and none in the place of another.
#[tokio::test]
async fn y60_quarkus_34442_notices_do_not_displace_each_other() {
    let world = World::start().await;
    let instance = Instance::start(&world).await;
    let sessions: Vec<_> = (0..50).map(|_| world.server.login("alice")).collect();
    for session in &sessions {
        instance.hear_of(session).await;
    }
    until(|| instance.issuer.revocations().len() == sessions.len()).await;
    for session in &sessions {
        let token = session.token().jwt();
        get(&instance.jwt, &token).await.assert_invalid_token();
    }
}
