//! What is counted of all this, and what is logged: whose session has ended is not.

use http::StatusCode;
use portcullis_conformance::{CapturedLog, FRONT_END, Instance, Recorded, World, notify};
use portcullis_testing::{Endpoint, Fault, Rotation, SigningAlgorithm};
use tracing::Level;

use crate::support::{MINUTE, live_status, status, told};

#[tokio::test]
async fn good_tokens_are_counted_by_whether_notices_tell_of_their_end() {
    let recorded = Recorded::start();
    let (world, instance) = told().await;
    let covered = world.server.token().client(FRONT_END).jwt();
    let other = world.server.token().client("other-app").jwt();
    for _ in 0..3 {
        assert_eq!(status(&instance.hybrid, &covered).await, StatusCode::OK);
    }
    assert_eq!(status(&instance.jwt, &other).await, StatusCode::OK);
    let name = world.server.issuer();
    let coverage =
        |outcome| recorded.outcomes("portcullis_revocation_coverage_total", name, outcome);
    assert_eq!((coverage("covered"), coverage("uncovered")), (3.0, 1.0));
    // What is refused is no good token.
    world.server.revoke(&covered);
    live_status(&instance.hybrid, &covered).await;
    assert_eq!(
        status(&instance.jwt, &covered).await,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!((coverage("covered"), coverage("uncovered")), (4.0, 1.0));
}

#[tokio::test]
async fn what_is_known_against_a_token_is_counted_by_what_became_of_it() {
    let recorded = Recorded::start();
    let (world, instance) = told().await;
    let name = world.server.issuer();
    let standings =
        |outcome| recorded.outcomes("portcullis_revocation_standings_total", name, outcome);
    let session = world.server.login("alice");
    let token = session.token().jwt();
    assert_eq!(status(&instance.hybrid, &token).await, StatusCode::OK);
    assert_eq!(standings("revoked"), 0.0);
    instance.hear_of(&session).await;
    status(&instance.hybrid, &token).await;
    assert_eq!(standings("revoked"), 1.0);
    let long = world.server.token().expires_in(120 * MINUTE).jwt();
    status(&instance.hybrid, &long).await;
    assert_eq!((standings("asked"), standings("unasked")), (1.0, 0.0));
    world.clock.advance(MINUTE);
    status(&instance.jwt, &long).await;
    assert_eq!((standings("asked"), standings("unasked")), (1.0, 1.0));
}

#[tokio::test]
async fn notices_are_counted_by_what_became_of_them() {
    let recorded = Recorded::start();
    let (world, instance) = told().await;
    let name = world.server.issuer();
    let notices = |outcome| recorded.outcomes("portcullis_revocation_notices_total", name, outcome);
    let good = world.server.logout_token().jwt();
    let bad = world.server.logout_token().audience("others").jwt();
    for token in [&good, &good, &bad] {
        notify(&instance.receiver, token).await;
    }
    world.server.inject(Endpoint::Jwks, Fault::status(500));
    world
        .server
        .rotate(SigningAlgorithm::RS256, Rotation::KeepOld);
    notify(&instance.receiver, &world.server.logout_token().jwt()).await;
    let counted = ["taken", "repeated", "refused", "parked", "dropped"].map(notices);
    assert_eq!(counted, [1.0, 1.0, 1.0, 1.0, 0.0]);
    assert_eq!(recorded.sum("portcullis_revocation_entries"), 1.0);
}

/// Neither whole nor in parts, at whatever level.
#[tokio::test]
async fn nothing_of_a_notice_is_logged() {
    let log = CapturedLog::start();
    let world = World::start().await;
    let issuer = world.told().not_before_clients([FRONT_END]);
    let instance = Instance::with(&world, issuer).await;
    let server = &world.server;
    let session = server.login("secret-user");
    let token = session.token().jwt();
    instance.hear_of(&session).await;
    status(&instance.hybrid, &token).await;
    let notice = server.logout_token().subject("secret-subject");
    let notice = notice.session("secret-session").claim("jti", "secret-jti");
    let mut notices = vec![
        notice.clone().jwt(),
        notice.clone().without_claim("sid").jwt(),
        notice.clone().audience("secret-audience").jwt(),
        notice.clone().claim("nonce", "secret-nonce").jwt(),
        notice.clone().claim("iss", "https://secret-issuer").jwt(),
        notice.clone().claim("sid", 5).jwt(),
        notice.clone().claim("events", "secret-event").jwt(),
        notice.clone().header("typ", "secret-typ").jwt(),
        notice.clone().signature(vec![0; 256]).jwt(),
        notice.clone().raw_payload("{\"secret-name\":1").jwt(),
        "secret-garbage".to_owned(),
    ];
    server.inject(Endpoint::Jwks, Fault::status(500));
    server.rotate(SigningAlgorithm::RS256, Rotation::KeepOld);
    notices.push(notice.clone().claim("jti", "secret-parked").jwt());
    for notice in &notices {
        notify(&instance.receiver, notice).await;
    }
    let admin = instance.issuer.not_before_receiver().unwrap();
    let message = server.not_before_message("secret-client");
    let message = message.claim("sub", "secret-subject").jwt();
    admin.receive(message.as_bytes()).await;
    let lines = log.lines();
    assert!(lines.iter().any(|line| line.level == Level::DEBUG));
    assert!(lines.iter().any(|line| line.level == Level::WARN));
    for line in &lines {
        assert!(!line.text.contains("secret"), "{line:?}");
        assert!(!line.text.contains(session.id()), "{line:?}");
        for part in notices
            .iter()
            .chain([&token])
            .flat_map(|token| token.split('.'))
        {
            assert!(part.len() < 20 || !line.text.contains(part), "{line:?}");
        }
    }
    for shown in [
        format!("{:?}", instance.issuer.revocations()),
        format!("{:?}", instance.issuer.logout_receiver().unwrap()),
        format!("{admin:?}"),
    ] {
        assert!(!shown.contains("secret"), "{shown}");
    }
}
