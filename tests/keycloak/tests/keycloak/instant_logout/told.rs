//! What Keycloak tells of: refused at once, at no call.

use std::time::Duration;

use portcullis_keycloak_suite::{Tokens, User, payload_of};
use reqwest::StatusCode;
use tokio::time::Instant;

use super::{
    report::{Times, report},
    scene::Scene,
};
use crate::environment::{assert_invalid_token, assert_status, orders, payments, run};

const TIMES: usize = 30;
/// Far more than it takes: the figures are in the report.
const LIMIT: Duration = Duration::from_secs(2);

#[test]
fn a_session_that_ends_is_refused_at_once_and_at_no_call() {
    run(async |env| {
        let scene = Scene::start(env, "told", 1, &[]).await;
        let mut lines = Vec::new();
        for (what, times) in [
            ("user logout", logouts(&scene).await),
            ("admin logout of a user", admin_logouts(&scene).await),
            ("admin deletes the session", deletions(&scene).await),
        ] {
            let times = Times::of(what, times);
            lines.push(times.line());
        }
        report("told-1-instance", &lines);
        scene.admin.delete_realm().await.unwrap();
    });
}

async fn logouts(scene: &Scene) -> Vec<Duration> {
    over_and_over(scene, "logout", async |_, tokens| {
        scene.log_out(tokens).await;
    })
    .await
}

async fn admin_logouts(scene: &Scene) -> Vec<Duration> {
    let end = async |user: &User, _: &Tokens| scene.admin.log_out(user).await.unwrap();
    over_and_over(scene, "admin-logout", end).await
}

async fn deletions(scene: &Scene) -> Vec<Duration> {
    let end = async |_: &User, tokens: &Tokens| {
        let claims = payload_of(&tokens.access);
        let sid = claims["sid"].as_str().unwrap();
        scene.admin.delete_session(sid).await.unwrap();
    };
    over_and_over(scene, "deletion", end).await
}

async fn over_and_over(
    scene: &Scene,
    name: &str,
    end: impl AsyncFn(&User, &Tokens),
) -> Vec<Duration> {
    let mut times = Vec::new();
    for number in 0..TIMES {
        let (user, tokens) = scene.logged_in(&format!("{name}-{number}")).await;
        end(&user, &tokens).await;
        let ended = Instant::now();
        times.push(scene.let_in_for(&tokens.access, ended, LIMIT).await);
    }
    times
}

#[test]
fn requests_of_a_session_cost_no_call_and_neither_do_those_after_its_end() {
    run(async |env| {
        let scene = Scene::start(env, "told-calls", 1, &[]).await;
        let (user, tokens) = scene.logged_in("caller").await;
        let token = &tokens.access;
        let before = scene.calls().await;
        for _ in 0..100 {
            assert_status(&orders(scene.first(), token).await, StatusCode::OK);
        }
        scene.log_out(&tokens).await;
        for _ in 0..100 {
            assert_invalid_token(&orders(scene.first(), token).await);
            assert_invalid_token(&payments(scene.first(), token).await);
        }
        // A hundred requests may reach into the next window, and no further.
        let calls = scene.calls().await - before;
        assert!(calls <= 1.0, "{calls}");
        let next = scene.log_in(&user).await;
        assert_status(&payments(scene.first(), &next.access).await, StatusCode::OK);
        scene.admin.delete_realm().await.unwrap();
    });
}
