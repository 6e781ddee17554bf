//! What an ended session still mints, and Keycloak may call active.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use portcullis_keycloak_suite::{Realm, Tokens, User, payload_of};
use reqwest::StatusCode;
use tokio::{sync::Mutex, task::JoinSet};

use super::{
    report::report,
    scene::{LOOPS, Scene, is_active},
};
use crate::environment::{SHOP_WEB, assert_status, orders, payments, run_alone};

#[test]
fn what_an_ended_session_still_mints_is_let_in_nowhere() {
    run_alone(async |env| {
        let scene = Scene::start(env, "afterlife-minted", 1, &[]).await;
        let line = tokens_of_ended_sessions(&scene).await;
        report("afterlife-minted", &[line]);
        scene.admin.delete_realm().await.unwrap();
    });
}

/// Ends many sessions while they are refreshed and introspected. Panics when any token of theirs is
/// let in anywhere afterwards.
pub(crate) async fn tokens_of_ended_sessions(scene: &Scene) -> String {
    const SESSIONS: usize = 100;
    let user = scene.admin.create_user("user", &[]).await.unwrap();
    let mut minted = Vec::new();
    for _ in 0..SESSIONS {
        minted.extend(end_while_refreshing(scene, &user).await);
    }
    let mut active = 0;
    for token in &minted {
        for instance in &scene.instances {
            assert_status(&orders(instance, token).await, StatusCode::UNAUTHORIZED);
            assert_status(&payments(instance, token).await, StatusCode::UNAUTHORIZED);
        }
        active += usize::from(is_active(&scene.realm, token).await);
    }
    // A login after all that works.
    let next = scene.log_in(&user).await;
    assert_status(&payments(scene.first(), &next.access).await, StatusCode::OK);
    format!(
        "{SESSIONS} sessions ended while a client refreshed and {LOOPS} loops introspected, {} instances: {} tokens of theirs, {active} still active at Keycloak, 0 let in",
        scene.instances.len(),
        minted.len()
    )
}

/// Ends a session while it is refreshed and introspected; every token that it has given.
async fn end_while_refreshing(scene: &Scene, user: &User) -> Vec<String> {
    let tokens = scene.realm.log_in(SHOP_WEB, user).await.unwrap();
    let sid = payload_of(&tokens.access)["sid"].clone();
    let minted = Arc::new(Mutex::new(vec![tokens.access.clone()]));
    let is_over = Arc::new(AtomicBool::new(false));
    let mut tasks = JoinSet::new();
    tasks.spawn(refresh_on(
        scene.realm.clone(),
        tokens.clone(),
        minted.clone(),
        is_over.clone(),
    ));
    for _ in 0..LOOPS {
        tasks.spawn(introspect_on(
            scene.realm.clone(),
            minted.clone(),
            is_over.clone(),
        ));
    }
    // The session is used while it ends.
    tokio::time::sleep(Duration::from_millis(30)).await;
    scene
        .admin
        .delete_session(sid.as_str().unwrap())
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(30)).await;
    is_over.store(true, Ordering::SeqCst);
    tasks.join_all().await;
    let minted = minted.lock().await.clone();
    minted
        .into_iter()
        .inspect(|token| assert_eq!(payload_of(token)["sid"], sid))
        .collect()
}

async fn refresh_on(
    realm: Realm,
    tokens: Tokens,
    minted: Arc<Mutex<Vec<String>>>,
    is_over: Arc<AtomicBool>,
) {
    let mut refresh = tokens.refresh.unwrap();
    while !is_over.load(Ordering::SeqCst) {
        // An ended session refreshes no more, unless it was brought back.
        let Ok(next) = realm.refresh(SHOP_WEB, &refresh).await else {
            continue;
        };
        refresh = next.refresh.unwrap();
        minted.lock().await.push(next.access);
    }
}

async fn introspect_on(realm: Realm, minted: Arc<Mutex<Vec<String>>>, is_over: Arc<AtomicBool>) {
    while !is_over.load(Ordering::SeqCst) {
        let token = minted.lock().await.last().unwrap().clone();
        is_active(&realm, &token).await;
    }
}
