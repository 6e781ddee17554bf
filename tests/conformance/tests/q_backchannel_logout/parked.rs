//! Logout tokens that wait for keys: their sender does not send them again.

use std::time::Duration;

use axum::Router;
use http::{StatusCode, header};
use portcullis::{Issuer, RevocationSet};
use portcullis_axum::backchannel_logout_route;
use portcullis_conformance::{
    FRONT_END, Instance, KeyServer, Recorded, World, get, notify, pass_start, poll_once, protected,
    until,
};
use portcullis_testing::{Endpoint, Fault, Rotation, SigningAlgorithm};

use crate::support::Told;

const SECOND: Duration = Duration::from_secs(1);

/// A service whose keys come from a server without a network, which does not answer yet. From here
/// on tokio's time is paused: whoever waits for the next attempt, waits for nobody.
struct Away {
    world: World,
    keys: KeyServer,
    issuer: Issuer,
    receiver: Router,
}

impl Away {
    async fn start() -> Self {
        let world = World::start().await;
        let keys = KeyServer::of(&world, &[]);
        keys.answer(StatusCode::INTERNAL_SERVER_ERROR, &[], "");
        let issuer = keys.realm(&world).logout_audiences([FRONT_END]);
        // Its document has nothing to do with keys.
        let issuer = issuer.poll_not_before(3600 * SECOND).build().unwrap();
        let _ = issuer.revocations().complete_since();
        pass_start(&world);
        let route = backchannel_logout_route(issuer.logout_receiver().unwrap());
        tokio::time::pause();
        Self {
            receiver: Router::new().route("/backchannel-logout", route),
            world,
            keys,
            issuer,
        }
    }

    async fn parks(&self, logout_token: &str) {
        let reply = notify(&self.receiver, logout_token).await;
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    }

    fn revocations(&self) -> &RevocationSet {
        self.issuer.revocations()
    }

    /// Time passes, a second at a time, and whoever waits for it gets to do something.
    async fn pass(&self, seconds: u32) {
        for _ in 0..seconds {
            self.world.clock.advance(SECOND);
            tokio::time::sleep(SECOND).await;
        }
    }
}

#[tokio::test]
async fn q13_without_keys_it_is_503_and_judged_once_they_come() {
    let world = World::start().await;
    let instance = Instance::of(world.told().build().unwrap());
    instance.begin();
    pass_start(&world);
    world.server.inject(Endpoint::Jwks, Fault::status(500));
    let session = world.server.login("alice");
    let (token, others) = (session.token().jwt(), world.server.token().jwt());
    let reply = notify(&instance.receiver, &session.logout_token().jwt()).await;
    reply.assert_unavailable();
    assert_eq!(reply.headers[header::CACHE_CONTROL], "no-store");
    assert_eq!(reply.json()["error"], "temporarily_unavailable");
    assert!(instance.issuer.revocations().is_empty());

    world.server.clear_faults(Endpoint::Jwks);
    world.clock.advance(SECOND);
    // Whoever has the keys fetched.
    assert_eq!(get(&instance.hybrid, &others).await.status, StatusCode::OK);
    until(|| !instance.issuer.revocations().is_empty()).await;
    instance.refuses_unasked(&world, &token).await;
    assert_eq!(get(&instance.hybrid, &others).await.status, StatusCode::OK);
}

#[tokio::test]
async fn q13_it_is_judged_once_the_server_is_back() {
    let world = World::start().await;
    let instance = Instance::of(world.told().build().unwrap());
    let session = world.server.login("alice");
    let (token, others) = (session.token().jwt(), world.server.token().jwt());
    let logout_token = session.logout_token().jwt();
    world.server.stop().await.unwrap();
    notify(&instance.receiver, &logout_token)
        .await
        .assert_unavailable();
    get(&instance.jwt, &others).await.assert_unavailable();
    world.server.restart().await.unwrap();
    world.clock.advance(SECOND);
    assert_eq!(get(&instance.jwt, &others).await.status, StatusCode::OK);
    until(|| !instance.issuer.revocations().is_empty()).await;
    get(&instance.jwt, &token).await.assert_invalid_token();
}

#[tokio::test]
async fn q13_a_notice_by_a_new_key_waits_for_it() {
    let told = Told::start().await;
    let server = &told.world.server;
    let session = server.login("alice");
    let token = session.token().jwt();
    server.inject(Endpoint::Jwks, Fault::status(503));
    server.rotate(SigningAlgorithm::RS256, Rotation::KeepOld);
    let status = told.tell(&session.logout_token().jwt()).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(told.status_of(&token).await, StatusCode::OK);
    server.clear_faults(Endpoint::Jwks);
    told.world.clock.advance(SECOND);
    let next = server.token().jwt();
    assert_eq!(told.status_of(&next).await, StatusCode::OK);
    until(|| !told.instance.issuer.revocations().is_empty()).await;
    told.instance.refuses_unasked(&told.world, &token).await;
}

/// Nobody comes but the notice.
#[tokio::test]
async fn q13_it_is_judged_though_nobody_else_needs_keys() {
    let away = Away::start().await;
    let session = away.world.server.login("alice");
    away.parks(&session.logout_token().jwt()).await;
    away.pass(3).await;
    assert!(away.revocations().is_empty());
    away.keys.publish(&away.world, &[]);
    away.pass(12).await;
    assert_eq!(away.revocations().len(), 1);
    let token = session.token().jwt();
    let router = protected(away.issuer.jwt());
    get(&router, &token).await.assert_invalid_token();
}

#[tokio::test]
async fn q13_one_that_comes_again_waits_once() {
    let recorded = Recorded::start();
    let away = Away::start().await;
    let logout_token = away.world.server.logout_token().jwt();
    for _ in 0..1_100 {
        away.parks(&logout_token).await;
    }
    let notices = |outcome| {
        let metric = "portcullis_revocation_notices_total";
        recorded.outcomes(metric, away.world.server.issuer(), outcome)
    };
    assert_eq!((notices("parked"), notices("dropped")), (1_100.0, 0.0));
    away.keys.publish(&away.world, &[]);
    away.pass(12).await;
    assert_eq!((notices("taken"), notices("repeated")), (1.0, 0.0));
}

/// Anybody may send one, so there is room for a thousand.
#[tokio::test]
async fn q13_a_thousand_wait_and_no_more() {
    let recorded = Recorded::start();
    let away = Away::start().await;
    let server = &away.world.server;
    let genuine = server.login("alice");
    away.parks(&genuine.logout_token().jwt()).await;
    let forged = server.logout_token().signature(vec![0; 256]);
    for number in 0..1_000 {
        let forged = forged.clone().session(format!("forged-{number}"));
        away.parks(&forged.jwt()).await;
    }
    let late = server.login("alice");
    away.parks(&late.logout_token().jwt()).await;
    let notices = |outcome| {
        let metric = "portcullis_revocation_notices_total";
        recorded.outcomes(metric, server.issuer(), outcome)
    };
    assert_eq!((notices("parked"), notices("dropped")), (1_000.0, 2.0));
    away.keys.publish(&away.world, &[]);
    away.pass(12).await;
    // The one that came in time is among those that were judged, and the forged ones are not.
    assert_eq!((notices("taken"), notices("refused")), (1.0, 999.0));
    assert_eq!(away.revocations().len(), 1);
    // There is room again.
    away.keys.answer(StatusCode::INTERNAL_SERVER_ERROR, &[], "");
    let rotation = Rotation::DropOld;
    server.rotate(SigningAlgorithm::RS256, rotation);
    away.parks(&server.logout_token().jwt()).await;
    assert_eq!((notices("parked"), notices("dropped")), (1_001.0, 2.0));
}

#[tokio::test]
async fn q13_long_ones_take_up_eight_mebibytes_and_no_more() {
    let recorded = Recorded::start();
    let away = Away::start().await;
    let forged = away.world.server.logout_token().signature(vec![0; 256]);
    let forged = forged.claim("padding", "x".repeat(45_000));
    for number in 0..200 {
        let forged = forged.clone().session(format!("forged-{number}"));
        away.parks(&forged.jwt()).await;
    }
    let metric = "portcullis_revocation_notices_total";
    let parked = recorded.outcomes(metric, away.world.server.issuer(), "parked");
    assert!((130.0..140.0).contains(&parked), "{parked} of 60 KiB each");
}

#[tokio::test]
async fn q13_one_that_expires_while_it_waits_is_over() {
    let away = Away::start().await;
    away.parks(&away.world.server.logout_token().jwt()).await;
    away.pass(151).await;
    away.keys.publish(&away.world, &[]);
    away.pass(30).await;
    assert!(away.revocations().is_empty());
}

/// Whatever end it claims.
#[tokio::test]
async fn q13_none_waits_for_longer_than_ten_minutes() {
    let away = Away::start().await;
    let far = away.world.clock.system_time() + 86_400 * SECOND;
    let lasting = away.world.server.logout_token().expires_at(far).jwt();
    away.parks(&lasting).await;
    away.pass(601).await;
    away.keys.publish(&away.world, &[]);
    away.pass(30).await;
    assert!(away.revocations().is_empty());
    // Nobody has taken it, so it may come again.
    let reply = notify(&away.receiver, &lasting).await;
    assert_eq!(reply.status, StatusCode::OK);
}

/// A proxy that has lost its patience, while the keys are fetched.
#[tokio::test]
async fn q13_it_is_judged_though_its_sender_has_gone() {
    let away = Away::start().await;
    away.keys.publish(&away.world, &[]);
    let held = away.keys.hold();
    let logout_token = away.world.server.logout_token().jwt();
    let mut sender = Box::pin(notify(&away.receiver, &logout_token));
    assert!(poll_once(&mut sender).is_pending());
    drop(sender);
    drop(held);
    away.pass(12).await;
    assert_eq!(away.revocations().len(), 1);
}

/// Those who wait keep nobody alive.
#[tokio::test]
async fn q13_they_go_with_the_issuer() {
    let away = Away::start().await;
    away.parks(&away.world.server.logout_token().jwt()).await;
    away.pass(2).await;
    let Away {
        keys,
        issuer,
        receiver,
        world,
    } = away;
    drop((issuer, receiver));
    let asked = keys.asked();
    for _ in 0..30 {
        world.clock.advance(SECOND);
        tokio::time::sleep(SECOND).await;
    }
    assert_eq!(keys.asked(), asked);
}
