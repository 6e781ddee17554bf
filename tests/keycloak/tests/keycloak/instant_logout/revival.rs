//! Sessions that a question brings back to life while they end.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use portcullis_keycloak_suite::{Example, Realm, User};
use reqwest::StatusCode;
use tokio::task::JoinSet;

use super::{
    report::report,
    scene::{LOOPS, Scene, is_active},
};
use crate::{
    environment::{SHOP_WEB, run_alone},
    receiver::Receiver,
};

/// How often a session is logged out while it is asked about.
const TIMES: usize = 30;

#[test]
fn our_own_questions_bring_no_session_back_to_life() {
    run_alone(async |env| {
        let scene = Scene::start(env, "afterlife-asked", 1, &[]).await;
        let ours = survivors_of_ours(&scene).await;

        // The same where the notice is answered before anybody has looked.
        let hasty = Receiver::start().await;
        let url = hasty.logout_url();
        let set = scene.admin.set_backchannel_logout_url(SHOP_WEB.id, &url);
        set.await.unwrap();
        let user = scene.admin.create_user("other", &[]).await.unwrap();
        let theirs = survivors(&scene, &user, |_, token, is_over| {
            ask_keycloak(scene.realm.clone(), token, is_over)
        })
        .await;
        report(
            "afterlife-asked",
            &[format!(
                "{LOOPS} clients asking about a session while it is logged out, {TIMES} times: {ours} sessions survive through `RequireActive`, {theirs} where nobody waits for the calls under way"
            )],
        );
        assert_eq!(ours, 0);
        assert!(
            theirs > 0,
            "Keycloak has mended it: see whether the wait is still needed"
        );
        scene.admin.delete_realm().await.unwrap();
    });
}

/// How many sessions survive while all instances are asked for a route that asks Keycloak.
pub(crate) async fn survivors_of_ours(scene: &Scene) -> usize {
    let user = scene.admin.create_user("asked", &[]).await.unwrap();
    let instances: Vec<_> = scene.instances.iter().map(Example::base_url).collect();
    survivors(scene, &user, |number, token, is_over| {
        let base = instances[number % instances.len()].to_owned();
        ask_api(base, token, is_over)
    })
    .await
}

/// How many sessions are alive after their logout, during which they were asked about in this way.
async fn survivors<A: Future<Output = ()> + Send + 'static>(
    scene: &Scene,
    user: &User,
    ask: impl Fn(usize, String, Arc<AtomicBool>) -> A,
) -> usize {
    let mut survivors = 0;
    for _ in 0..TIMES {
        let tokens = scene.realm.log_in(SHOP_WEB, user).await.unwrap();
        let is_over = Arc::new(AtomicBool::new(false));
        let mut asking = JoinSet::new();
        for number in 0..LOOPS {
            asking.spawn(ask(number, tokens.access.clone(), is_over.clone()));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        scene.log_out(&tokens).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        is_over.store(true, Ordering::SeqCst);
        asking.join_all().await;
        survivors += usize::from(is_active(&scene.realm, &tokens.access).await);
    }
    survivors
}

/// Asks for a route that asks Keycloak, over and over.
async fn ask_api(base: String, token: String, is_over: Arc<AtomicBool>) {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    while !is_over.load(Ordering::SeqCst) {
        let request = http.post(format!("{base}/payments")).bearer_auth(&token);
        let status = request.send().await.unwrap().status();
        assert!(
            [StatusCode::OK, StatusCode::UNAUTHORIZED].contains(&status),
            "{status}"
        );
    }
}

/// Asks Keycloak itself, over and over.
async fn ask_keycloak(realm: Realm, token: String, is_over: Arc<AtomicBool>) {
    while !is_over.load(Ordering::SeqCst) {
        is_active(&realm, &token).await;
    }
}
