//! Three instances that share what they learn in a real Redis: the first is told, all refuse.

use std::time::Duration;

use portcullis_keycloak_suite::{Tokens, User, payload_of, until};
use portcullis_redis_suite::{Configuration, RedisServer};
use reqwest::StatusCode;
use tokio::time::Instant;

use super::{
    minted::tokens_of_ended_sessions,
    report::{Times, report},
    revival::survivors_of_ours,
    scene::{Scene, WITHIN_A_WINDOW},
};
use crate::environment::{
    Environment, SHOP_WEB, SOON, assert_invalid_token, assert_status, orders, payments, run,
    run_alone,
};

/// Runs a test with three instances of a realm of that name.
fn run_three(
    name: &'static str,
    test: impl AsyncFnOnce(&'static Environment, &Scene, &mut RedisServer),
) {
    run(async |env| with_three(env, name, test).await);
}

/// The same while no other test runs.
fn run_three_alone(
    name: &'static str,
    test: impl AsyncFnOnce(&'static Environment, &Scene, &mut RedisServer),
) {
    run_alone(async |env| with_three(env, name, test).await);
}

async fn with_three(
    env: &'static Environment,
    name: &str,
    test: impl AsyncFnOnce(&'static Environment, &Scene, &mut RedisServer),
) {
    let redis = RedisServer::start_or_skip(Configuration::default()).await;
    let Some(mut redis) = redis.unwrap() else {
        return;
    };
    let scene = Scene::start(env, name, 3, &shared_in(&redis)).await;
    test(env, &scene, &mut redis).await;
    scene.admin.delete_realm().await.unwrap();
}

fn shared_in(redis: &RedisServer) -> [(&'static str, String); 2] {
    [("REDIS_URL", redis.url()), ("STATE_KEY", "0f".repeat(32))]
}

#[test]
fn all_instances_refuse_a_session_that_ends_and_ask_nobody() {
    run_three("replicas-told", async |_, scene, _| {
        let log_out = async |_: &User, tokens: &Tokens| scene.log_out(tokens).await;
        let admin_logs_out = async |user: &User, _: &Tokens| {
            scene.admin.log_out(user).await.unwrap();
        };
        let admin_deletes = async |_: &User, tokens: &Tokens| {
            let claims = payload_of(&tokens.access);
            let sid = claims["sid"].as_str().unwrap();
            scene.admin.delete_session(sid).await.unwrap();
        };
        let lines = [
            measured(scene, "user logout", log_out).await,
            measured(scene, "admin logout of a user", admin_logs_out).await,
            measured(scene, "admin deletes the session", admin_deletes).await,
        ];
        report("told-3-instances", &lines);
    });
}

/// How long it takes until all of them refuse, over and over, and what they ask meanwhile.
async fn measured(scene: &Scene, what: &'static str, end: impl AsyncFn(&User, &Tokens)) -> String {
    const TIMES: usize = 100;
    const LIMIT: Duration = Duration::from_secs(2);
    let mut times = Vec::new();
    let mut calls = 0.0;
    for number in 0..TIMES {
        let name = format!("{}-{number}", what.replace(' ', "-"));
        let (user, tokens) = scene.logged_in_and_asked_about(&name).await;
        let before = scene.calls().await;
        end(&user, &tokens).await;
        let ended = Instant::now();
        times.push(scene.let_in_for(&tokens.access, ended, LIMIT).await);
        calls += scene.calls().await - before;
    }
    let times = Times::of(what, times);
    assert!(calls == 0.0, "{what}: {calls} calls");
    assert!(
        times.median() < Duration::from_millis(50),
        "{}",
        times.line()
    );
    format!("3 instances, {}; {calls} calls", times.line())
}

#[test]
fn all_instances_obey_a_cut_off_that_one_is_told_of() {
    run_three("replicas-cut-off", async |_, scene, _| {
        let (_, tokens) = scene.logged_in("user").await;
        let iat = payload_of(&tokens.access)["iat"].as_u64().unwrap();
        scene.admin.set_not_before(iat + 1).await.unwrap();
        scene.admin.push_not_before().await.unwrap();
        let pushed = Instant::now();
        let limit = Duration::from_secs(2);
        let time = scene.let_in_for(&tokens.access, pushed, limit).await;
        let line = Times::of("3 instances, not-before pushed", vec![time]).line();
        report("cut-off-pushed-3-instances", &[line]);
    });
}

#[test]
fn what_one_instance_saw_inactive_live_the_others_refuse_soon_after() {
    run_three("replicas-live", async |_, scene, _| {
        let mut times = Vec::new();
        let mut calls = 0.0;
        for number in 0..30 {
            let (_, tokens) = scene.logged_in(&format!("user-{number}")).await;
            let before = scene.calls().await;
            scene.realm.revoke(SHOP_WEB, &tokens.access).await.unwrap();
            assert_invalid_token(&payments(scene.first(), &tokens.access).await);
            let seen = Instant::now();
            let limit = Duration::from_secs(1);
            times.push(scene.let_in_for(&tokens.access, seen, limit).await);
            for instance in &scene.instances {
                assert_invalid_token(&orders(instance, &tokens.access).await);
            }
            calls += scene.calls().await - before;
        }
        let times = Times::of("3 instances, seen inactive by one of them", times);
        report(
            "live-3-instances",
            &[format!("{}; {calls} calls", times.line())],
        );
    });
}

#[test]
fn a_token_in_use_costs_three_instances_one_call_a_window() {
    run_three("replicas-cost", async |_, scene, _| {
        const WINDOWS: u64 = 5;
        let (_, tokens) = scene.logged_in("user").await;
        let calls = scene.calls().await;
        let began = Instant::now();
        let mut requests = 0_u32;
        while began.elapsed() < Duration::from_secs(WINDOWS * super::scene::WINDOW) {
            scene.let_in(&tokens.access).await;
            requests += 3;
        }
        let calls = scene.calls().await - calls;
        let line = format!(
            "3 instances, {requests} requests of one token in {WINDOWS} windows: {calls} calls"
        );
        report("untold-cost-3-instances", &[line]);
        assert!((4.0..=7.0).contains(&calls), "{calls}");
    });
}

#[test]
fn what_nobody_tells_three_instances_find_within_a_window() {
    run_three("replicas-untold", async |_, scene, _| {
        let (_, tokens) = scene.logged_in("user").await;
        scene.realm.revoke(SHOP_WEB, &tokens.access).await.unwrap();
        let ended = Instant::now();
        let time = scene
            .let_in_for(&tokens.access, ended, WITHIN_A_WINDOW)
            .await;
        let line = Times::of("3 instances, /revoke of an access token", vec![time]).line();
        report("untold-revoked-3-instances", &[line]);
    });
}

#[test]
fn what_an_ended_session_still_mints_no_instance_lets_in() {
    run_three_alone("replicas-minted", async |_, scene, _| {
        let line = tokens_of_ended_sessions(scene).await;
        report("afterlife-minted-3-instances", &[line]);
    });
}

#[test]
fn the_questions_of_three_instances_bring_hardly_a_session_back_to_life() {
    run_three_alone("replicas-asked", async |_, scene, _| {
        let ours = survivors_of_ours(scene).await;
        report(
            "afterlife-asked-3-instances",
            &[format!(
                "3 instances, 8 clients asking them about a session while it is logged out, 30 times: {ours} sessions survive"
            )],
        );
        // The calls of other instances can take longer than they are given; where nobody waits, every
        // second or third session survives.
        assert!(ours <= 3, "{ours}");
    });
}

#[test]
fn an_instance_that_starts_after_a_logout_is_told_of_it() {
    run_three("replicas-late", async |_, scene, _| {
        let (_, over) = scene.logged_in("over").await;
        let (_, going_on) = scene.logged_in("going-on").await;
        scene.log_out(&over).await;
        let late = scene.instance().await;
        until("it is ready and has read the stream", SOON, async || {
            // As whoever sends it requests does.
            let ready = late.managed("/readyz").await?;
            let entries = late
                .metric("portcullis_revocation_entries", |_| true)
                .await?;
            Ok((ready.status == StatusCode::OK && entries > 0.0).then_some(()))
        })
        .await
        .unwrap();
        assert_invalid_token(&orders(&late, &over.access).await);
        assert_invalid_token(&payments(&late, &over.access).await);
        assert_status(&orders(&late, &going_on.access).await, StatusCode::OK);
        // The stream reaches back to before both, so nothing had to be asked of the one that is over.
        let calls = late.metric("portcullis_introspection_calls_total", |_| true);
        assert!(calls.await.unwrap() <= 1.0);
    });
}

#[test]
fn an_instance_that_starts_after_a_logout_with_nothing_to_learn_it_from_asks() {
    run_three("replicas-flushed", async |_, scene, redis| {
        let (_, over) = scene.logged_in("over").await;
        let (_, going_on) = scene.logged_in("going-on").await;
        scene.log_out(&over).await;
        redis.flush().await.unwrap();
        let late = scene.instance().await;
        for _ in 0..10 {
            assert_invalid_token(&orders(&late, &over.access).await);
            assert_status(&orders(&late, &going_on.access).await, StatusCode::OK);
        }
        for instance in &scene.instances {
            assert_invalid_token(&orders(instance, &over.access).await);
        }
    });
}

#[test]
fn without_redis_an_instance_that_starts_after_a_logout_asks_once_about_each_token() {
    const USERS: usize = 30;
    run(async |env| {
        let scene = Scene::start(env, "replicas-alone", 1, &[]).await;
        let (_, over) = scene.logged_in("over").await;
        let mut going_on = Vec::new();
        for number in 0..USERS {
            going_on.push(scene.logged_in(&format!("user-{number}")).await.1);
        }
        scene.log_out(&over).await;
        let late = scene.instance().await;
        let calls = async || {
            let calls = late.metric("portcullis_introspection_calls_total", |_| true);
            calls.await.unwrap()
        };
        assert_invalid_token(&orders(&late, &over.access).await);
        let began = Instant::now();
        for tokens in &going_on {
            assert_status(&orders(&late, &tokens.access).await, StatusCode::OK);
        }
        let asked = calls().await;
        let line = format!(
            "a start without Redis, {} tokens in use: {asked} calls in {:.0} ms",
            USERS + 1,
            began.elapsed().as_secs_f64() * 1000.0
        );
        report("restart-alone", &[line]);
        assert!(asked <= 2.0 * (USERS + 1) as f64, "{asked}");
        scene.admin.delete_realm().await.unwrap();
    });
}

#[test]
fn while_redis_is_gone_what_is_told_is_refused_by_who_is_told_and_found_by_the_others() {
    run_three("replicas-gone", async |_, scene, redis| {
        let (_, tokens) = scene.logged_in("user").await;
        redis.kill();
        scene.log_out(&tokens).await;
        assert_invalid_token(&orders(scene.first(), &tokens.access).await);
        let ended = Instant::now();
        let time = scene
            .let_in_for(&tokens.access, ended, WITHIN_A_WINDOW)
            .await;
        let line = Times::of("3 instances, user logout while Redis is gone", vec![time]).line();
        report("told-redis-gone", &[line]);
        redis.start_again().await.unwrap();
        for instance in &scene.instances {
            assert_invalid_token(&orders(instance, &tokens.access).await);
        }
    });
}
