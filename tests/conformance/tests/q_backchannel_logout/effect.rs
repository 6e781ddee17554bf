//! What becomes of whom a notice is about, and of nobody else.

use http::StatusCode;
use portcullis_conformance::{AUDIENCE, FRONT_END, Instance, MemoryFeed, T0, World, get, notify};
use serde_json::json;

use crate::support::Told;

#[tokio::test]
async fn q7_a_notice_that_comes_again_is_200_and_told_once() {
    let world = World::start().await;
    let feed = MemoryFeed::new();
    let instance = Instance::with(&world, world.told().revocation_feed(feed.clone())).await;
    let session = world.server.login("alice");
    let token = session.token().jwt();
    let logout_token = session.logout_token().jwt();
    for _ in 0..3 {
        let reply = notify(&instance.receiver, &logout_token).await;
        assert_eq!(reply.status, StatusCode::OK);
        get(&instance.hybrid, &token).await.assert_invalid_token();
        assert_eq!(feed.published().len(), 1);
        assert_eq!(instance.issuer.revocations().len(), 1);
    }
    // Each client of a session gets a notice of its own: it says the same.
    let other = session.logout_token().claim("jti", "another").jwt();
    assert_eq!(
        notify(&instance.receiver, &other).await.status,
        StatusCode::OK
    );
    assert_eq!(feed.published().len(), 1);
}

/// A notice can be sent again by whoever has seen it. It ends no session but the one that it names.
#[tokio::test]
async fn q7_a_notice_that_comes_again_does_no_harm_to_a_new_login() {
    let told = Told::start().await;
    let session = told.world.server.login("alice");
    let logout_token = session.logout_token().jwt();
    assert_eq!(told.tell(&logout_token).await, StatusCode::OK);
    told.world.clock.advance(std::time::Duration::from_secs(1));
    let again = told.world.server.login("alice").token().jwt();
    assert_eq!(told.tell(&logout_token).await, StatusCode::OK);
    assert_eq!(told.status_of(&again).await, StatusCode::OK);
}

#[tokio::test]
async fn q10_an_unknown_session_or_subject_is_success() {
    let told = Told::start().await;
    let nobody = told.world.server.logout_token().subject("nobody");
    for token in [
        nobody.clone().session("never-seen"),
        nobody.without_claim("sid"),
    ] {
        assert_eq!(told.tell(&token.jwt()).await, StatusCode::OK);
    }
}

#[tokio::test]
async fn q11_every_token_of_the_session_is_refused_whenever_it_was_issued() {
    let told = Told::start().await;
    let session = told.world.server.login("alice");
    let notice = session.logout_token().jwt();
    let issued = |seconds| session.token().issued_at(told.at(seconds)).jwt();
    let tokens = [issued(-120), issued(0), issued(1), issued(29)];
    let other_client = session.token().client("another").jwt();
    let lightweight = session.token().audience(AUDIENCE).lightweight();
    assert_eq!(told.tell(&notice).await, StatusCode::OK);
    for token in tokens.iter().chain([&other_client, &lightweight]) {
        told.instance.refuses_unasked(&told.world, token).await;
    }
    // What the session still mints later on, too.
    told.world.clock.advance(std::time::Duration::from_secs(90));
    let later = session.token().jwt();
    told.instance.refuses_unasked(&told.world, &later).await;
}

#[tokio::test]
async fn q11_by_subject_alone_those_issued_until_then_are_refused() {
    let told = Told::start().await;
    let notice = told.world.server.login("alice").logout_token();
    let notice = notice.without_claim("sid").jwt();
    let login = told.world.server.login("alice");
    let before = login.token().jwt();
    let after = login.token().issued_at(told.at(1)).jwt();
    assert_eq!(told.tell(&notice).await, StatusCode::OK);
    told.instance.refuses_unasked(&told.world, &before).await;
    // Later ones are asked about for a minute.
    let asked_about = |token| told.world.calls_about(token);
    assert_eq!(told.status_of(&after).await, StatusCode::OK);
    assert_eq!(asked_about(&after), 1);
    told.world.clock.advance(std::time::Duration::from_secs(61));
    let clear = login.token().jwt();
    assert_eq!(told.status_of(&clear).await, StatusCode::OK);
    assert_eq!(asked_about(&clear), 0);
    told.instance.refuses_unasked(&told.world, &before).await;
}

#[tokio::test]
async fn q12_a_logout_token_is_no_bearer_token() {
    let told = Told::start().await;
    let session = told.world.server.login("alice");
    let logout_token = session.logout_token();
    for token in [
        logout_token.clone(),
        // However much it may look like one.
        logout_token.audience(AUDIENCE).claim("azp", FRONT_END),
    ] {
        let token = token.jwt();
        let calls = told.world.server.total_request_count();
        for router in [&told.instance.hybrid, &told.instance.jwt] {
            get(router, &token).await.assert_invalid_token();
        }
        assert_eq!(told.world.server.total_request_count(), calls);
    }
}

#[tokio::test]
async fn q12_an_access_token_is_no_logout_token() {
    let told = Told::start().await;
    let session = told.world.server.login("alice");
    let token = session.token();
    for token in [
        token.clone().jwt(),
        token.clone().audience(FRONT_END).jwt(),
        token
            .clone()
            .header("typ", "at+jwt")
            .audience(FRONT_END)
            .jwt(),
        // An ID token.
        token
            .clone()
            .claim("typ", "ID")
            .claim("nonce", "n")
            .audience(FRONT_END)
            .jwt(),
        // With the event, and even with the type: it is no logout token that says it is a bearer token.
        token
            .clone()
            .audience(FRONT_END)
            .header("typ", "logout+jwt")
            .claim(
                "events",
                json!({"http://schemas.openid.net/event/backchannel-logout": {}}),
            )
            .jwt(),
        token.opaque(),
    ] {
        assert_eq!(told.tell(&token).await, StatusCode::BAD_REQUEST, "{token}");
    }
    assert!(told.instance.issuer.revocations().is_empty());
}

#[tokio::test]
async fn q14_no_issuers_notice_reaches_anothers_tokens() {
    let (one, other) = (Told::start().await, Told::start().await);
    // The same names at both.
    let named = |told: &Told| {
        let token = told.world.server.token().claim("sid", "the-same");
        token.subject("alice").jwt()
    };
    let (here, there) = (named(&one), named(&other));
    let notice = one.world.server.logout_token().session("the-same");
    for notice in [notice.clone(), notice.without_claim("sid")] {
        let notice = notice.subject("alice").jwt();
        assert_eq!(other.tell(&notice).await, StatusCode::BAD_REQUEST);
        assert_eq!(one.tell(&notice).await, StatusCode::OK);
    }
    one.instance.refuses_unasked(&one.world, &here).await;
    other.instance.admits(&there).await;
}

/// It signs in another's name, with a key id of its own or of the other's.
#[tokio::test]
async fn q14_an_issuer_cannot_speak_for_another() {
    let (one, other) = (Told::start().await, Told::start().await);
    let victim = other.world.server.login("alice");
    let token = victim.token().jwt();
    let own = other
        .world
        .server
        .signing_key(portcullis_testing::SigningAlgorithm::RS256);
    let forged = one.world.server.logout_token().session(victim.id());
    let forged = forged.claim("iss", other.world.server.issuer());
    for forged in [forged.clone(), forged.header("kid", own.key_id())] {
        assert_eq!(other.tell(&forged.jwt()).await, StatusCode::BAD_REQUEST);
    }
    assert_eq!(other.status_of(&token).await, StatusCode::OK);
    let _ = T0;
}
