//! The cut-off of one client: pushed, and told from that of the realm by asking the realm.

use http::StatusCode;
use portcullis::Reason;
use portcullis_conformance::{FRONT_END, poll_once};
use serde_json::json;

use crate::{
    cut_offs::CutOffs,
    support::{MINUTE, SECOND, rejection, status},
};

#[tokio::test]
async fn the_clients_tokens_from_before_it_are_refused_and_no_others() {
    let told = CutOffs::start().await;
    let world = &told.world;
    let now = world.clock.system_time();
    let issued = |at| world.server.token().issued_at(at);
    let (before, at) = (issued(now - SECOND).jwt(), issued(now).jwt());
    let other = issued(now - SECOND).client("other-app").jwt();
    let named_so = issued(now - SECOND).without_claim("azp");
    let named_so = named_so.claim("client_id", FRONT_END).jwt();
    assert_eq!(
        told.push(told.message(told.now_and(0))).await,
        StatusCode::OK
    );
    told.instance.refuses_unasked(world, &before).await;
    told.instance.refuses_unasked(world, &named_so).await;
    told.instance.admits(&at).await;
    told.instance.admits(&other).await;
    let rejection = rejection(told.instance.issuer.jwt(), &before).await;
    assert_eq!(rejection.reason(), Reason::Revoked);
    assert!(rejection.diagnosis().detail().contains("client"));
}

/// What the server need not repeat is in the token.
#[tokio::test]
async fn an_answer_that_does_not_name_the_client_hides_no_cut_off() {
    let told = CutOffs::start().await;
    let world = &told.world;
    let now = world.clock.system_time();
    let token = world.server.token().issued_at(now - SECOND);
    let token = token.subject("alice").claim("sid", "one").jwt();
    let silent = serde_json::json!({"sid": "one", "sub": "alice"});
    told.realm.say(&token, silent);
    told.instance.admits(&token).await;
    assert_eq!(
        told.push(told.message(told.now_and(0))).await,
        StatusCode::OK
    );
    told.instance.refuses_unasked(world, &token).await;
}

#[tokio::test]
async fn one_in_the_future_is_obeyed_and_remembered_until_then() {
    let told = CutOffs::with(|issuer| issuer.max_token_lifetime(10 * MINUTE)).await;
    let world = &told.world;
    let cut_off = told.now_and(30 * 60);
    assert_eq!(told.push(told.message(cut_off)).await, StatusCode::OK);
    world.clock.advance(30 * MINUTE - SECOND);
    let early = world.server.token().jwt();
    world.clock.advance(SECOND);
    let late = world.server.token().jwt();
    world.clock.advance(4 * MINUTE);
    told.instance.refuses_unasked(world, &early).await;
    told.instance.admits(&late).await;
}

/// It looks like that of the realm: the realm itself is asked.
#[tokio::test]
async fn that_of_the_realm_is_not_taken_for_the_clients() {
    let told = CutOffs::start().await;
    let world = &told.world;
    let before = world.server.token();
    let (own, other) = (before.clone().jwt(), before.client("other-app").jwt());
    let cut_off = told.now_and(1);
    told.realm.publish(cut_off);
    assert_eq!(told.push(told.message(cut_off)).await, StatusCode::OK);
    for token in [&own, &other] {
        told.instance.refuses_unasked(world, token).await;
    }
    assert!(told.instance.issuer.revocations().is_empty());
}

/// Whoever has seen an old message may send it again while it lives.
#[tokio::test]
async fn an_old_message_lowers_nothing() {
    let told = CutOffs::start().await;
    let world = &told.world;
    let (low, high) = (told.now_and(0), told.now_and(10));
    let replayed = told.message(low);
    world.clock.advance(5 * SECOND);
    let between = world.server.token().jwt();
    assert_eq!(told.push(told.message(high)).await, StatusCode::OK);
    told.instance.refuses_unasked(world, &between).await;
    for message in [replayed.clone(), told.message(0), told.message(1)] {
        assert_eq!(told.push(message).await, StatusCode::OK);
        told.instance.refuses_unasked(world, &between).await;
    }
    // Nor that of the realm.
    told.realm.publish(told.now_and(20));
    assert_eq!(told.push(replayed).await, StatusCode::OK);
    let other = world.server.token().client("other-app").jwt();
    told.instance.refuses_unasked(world, &other).await;
    let later = world.server.token().client("other-app");
    let later = later
        .issued_at(world.clock.system_time() + 21 * SECOND)
        .jwt();
    assert_eq!(status(&told.instance.hybrid, &later).await, StatusCode::OK);
}

/// Who says that there is none says nothing.
#[tokio::test]
async fn a_cut_off_that_was_lifted_leaves_nothing_to_remember() {
    let told = CutOffs::start().await;
    assert_eq!(told.push(told.message(0)).await, StatusCode::OK);
    assert!(told.instance.issuer.revocations().is_empty());
}

/// The realm does not say where its cut-off is. The client's is what is certain.
#[tokio::test]
async fn while_the_realm_does_not_answer_it_counts_for_the_client() {
    let told = CutOffs::start().await;
    let world = &told.world;
    let before = world.server.token();
    let (own, other) = (before.clone().jwt(), before.client("other-app").jwt());
    told.realm.answer(StatusCode::BAD_GATEWAY, "");
    assert_eq!(
        told.push(told.message(told.now_and(1))).await,
        StatusCode::OK
    );
    told.instance.refuses_unasked(world, &own).await;
    told.instance.admits(&other).await;
}

/// Keycloak sends it once, and may have lost its patience while the realm is asked.
#[tokio::test]
async fn it_is_obeyed_though_its_sender_has_gone() {
    let told = CutOffs::start().await;
    let before = told.world.server.token().jwt();
    let message = told.message(told.now_and(1));
    let mut sender = Box::pin(told.push(message));
    assert!(poll_once(&mut sender).is_pending());
    drop(sender);
    tokio::time::sleep(5 * SECOND).await;
    told.instance.refuses_unasked(&told.world, &before).await;
}

/// The JWT does.
#[tokio::test]
async fn it_counts_though_the_answer_does_not_say_for_which_client_the_token_is() {
    let told = CutOffs::start().await;
    let before = told.world.server.token().claim("sid", "session-1");
    let before = before.subject("alice").jwt();
    told.realm
        .say(&before, json!({"sid": "session-1", "sub": "alice"}));
    told.instance.admits(&before).await;
    told.push(told.message(told.now_and(1))).await;
    told.instance.refuses_unasked(&told.world, &before).await;
}

/// A token that does not say when it was issued.
#[tokio::test]
async fn an_undated_token_of_the_client_is_asked_about() {
    let told = CutOffs::start().await;
    let undated = told.world.server.token().without_claim("iat").jwt();
    assert_eq!(
        told.push(told.message(told.now_and(0))).await,
        StatusCode::OK
    );
    told.world.clock.advance(SECOND);
    assert_eq!(
        status(&told.instance.hybrid, &undated).await,
        StatusCode::OK
    );
    assert_eq!(told.realm.calls_about(&undated), 1);
    told.realm.deny();
    told.world.clock.advance(MINUTE);
    assert_eq!(
        status(&told.instance.hybrid, &undated).await,
        StatusCode::UNAUTHORIZED
    );
}

/// A crowd of them, good ones: the realm is asked once a second.
#[tokio::test]
async fn a_flood_of_messages_polls_once_a_second() {
    let told = CutOffs::with(|issuer| issuer.poll_not_before(60 * MINUTE)).await;
    let before = told.realm.polls();
    let began = tokio::time::Instant::now();
    let cut_off = told.now_and(0);
    let mut pushes = tokio::task::JoinSet::new();
    for number in 0..100 {
        let message = told.message(cut_off).claim("id", format!("{number}")).jwt();
        let admin = told.admin.clone();
        pushes.spawn(async move {
            let request = http::Request::post("/keycloak/k_logout");
            let request = request.body(axum::body::Body::from(message)).unwrap();
            portcullis_conformance::send(&admin, request).await.status
        });
    }
    for status in pushes.join_all().await {
        assert_eq!(status, StatusCode::OK);
    }
    let seconds = usize::try_from(began.elapsed().as_secs()).unwrap();
    let polls = told.realm.polls() - before;
    assert!(polls <= seconds + 2, "{polls} in {seconds} s");
}
