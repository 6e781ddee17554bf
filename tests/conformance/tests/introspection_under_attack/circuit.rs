//! The circuit breaker, and what clients can send to open it: nothing.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use http::StatusCode;
use portcullis::{Cause, HttpError, Readiness};
use portcullis_conformance::{AnsweringClient, World, get, post_active, protected};
use portcullis_testing::{Answer, Endpoint, Fault};
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::{PROBE, SECOND, inactive, lasting_jwt, lasting_opaque, slow};

/// The last of them get their place shortly before their deadline. That they are cut off then is
/// not the server's silence.
#[tokio::test]
async fn strangers_that_queue_do_not_open_the_circuit_of_a_slow_server() {
    // The second are the settings that nobody has changed.
    for (calls, deadline, takes) in [(8, 1000, 300), (64, 3000, 280), (8, 1000, 650)] {
        let world = World::start().await;
        let known = lasting_jwt(&world);
        let answer = (known.clone(), world.server.introspect(&known));
        let issuer = slow(&world, Duration::from_millis(takes), [answer])
            .introspection_calls(calls)
            .introspection_deadline(Duration::from_millis(deadline));
        let router = protected(issuer.connect().await.unwrap().hybrid());
        tokio::time::pause();
        assert_eq!(post_active(&router, &known).await.status, StatusCode::OK);
        let mut strangers = JoinSet::new();
        for number in 0..17 * calls {
            let (router, token) = (router.clone(), format!("stranger-{number}"));
            strangers.spawn(async move { get(&router, &token).await.status });
        }
        let mut statuses = strangers.join_all().await;
        assert!(statuses.contains(&StatusCode::UNAUTHORIZED));
        statuses.retain(|status| *status != StatusCode::UNAUTHORIZED);
        assert!(!statuses.is_empty());
        assert!(
            statuses
                .iter()
                .all(|it| *it == StatusCode::SERVICE_UNAVAILABLE)
        );
        assert_eq!(post_active(&router, &known).await.status, StatusCode::OK);
        tokio::time::resume();
    }
}

/// Something in front of the server takes them for an attack.
#[tokio::test]
async fn tokens_that_a_firewall_drops_do_not_open_the_circuit() {
    let world = World::start().await;
    let router = protected(world.asking().connect().await.unwrap().hybrid());
    let known = lasting_jwt(&world);
    assert_eq!(post_active(&router, &known).await.status, StatusCode::OK);
    for number in 0..8 {
        let token = format!("../../etc/passwd/{number}");
        let reset = Fault::drop_before_answer().for_token(&token);
        world.server.inject(Endpoint::Introspection, reset);
        get(&router, &token).await.assert_unavailable();
    }
    assert_eq!(post_active(&router, &known).await.status, StatusCode::OK);
}

#[tokio::test]
async fn tokens_that_the_server_hangs_on_do_not_open_the_circuit() {
    let world = World::start().await;
    let known = lasting_jwt(&world);
    let (token, answer) = (known.clone(), world.server.introspect(&known));
    let client = AnsweringClient::new(move |asked: String| {
        let is_hanging = asked.starts_with("hang");
        let answer = if asked == token {
            answer.clone()
        } else {
            inactive()
        };
        async move {
            if is_hanging {
                std::future::pending::<()>().await;
            }
            Ok(answer)
        }
    });
    let issuer = world.asking().http_client(client);
    let router = protected(issuer.connect().await.unwrap().hybrid());
    tokio::time::pause();
    for round in 0..3 {
        let mut hanging = JoinSet::new();
        for number in 0..8 {
            let (router, token) = (router.clone(), format!("hang-{round}-{number}"));
            hanging.spawn(async move { get(&router, &token).await });
        }
        assert_eq!(post_active(&router, &known).await.status, StatusCode::OK);
        for reply in hanging.join_all().await {
            reply.assert_unavailable();
        }
        assert_eq!(post_active(&router, &known).await.status, StatusCode::OK);
    }
}

/// It fails at the probe, too, and answers about whatever it has issued.
#[tokio::test]
async fn a_server_that_stumbles_over_inventions_alone_is_not_given_up() {
    let world = World::start().await;
    let router = protected(world.asking().connect().await.unwrap().hybrid());
    let known = lasting_jwt(&world);
    let stumble = |token: &str| {
        let fault = Fault::status(500).for_token(token);
        world.server.inject(Endpoint::Introspection, fault);
    };
    stumble(PROBE);
    assert_eq!(post_active(&router, &known).await.status, StatusCode::OK);
    // At first in the wake of a good answer, then when there was none for a minute.
    for round in 0..12 {
        for number in 0..8 {
            let invention = format!("invention-{round}-{number}");
            stumble(&invention);
            get(&router, &invention).await.assert_unavailable();
        }
        let reply = post_active(&router, &known).await;
        assert_eq!(reply.status, StatusCode::OK, "{round}");
        world.clock.advance(60 * SECOND);
    }
}

/// A head that is too long is an answer, though nobody can read it.
#[tokio::test]
async fn odd_tokens_with_unreadable_answers_do_not_open_the_circuit() {
    let world = World::start().await;
    let router = protected(world.asking().connect().await.unwrap().hybrid());
    let known = lasting_jwt(&world);
    assert_eq!(post_active(&router, &known).await.status, StatusCode::OK);
    for number in 0..8 {
        let token = format!("odd-{number}");
        let endless = Fault::headers().header("x-reason", "a".repeat(1 << 20));
        let endless = endless.for_token(&token);
        world.server.inject(Endpoint::Introspection, endless);
        get(&router, &token).await.assert_unavailable();
    }
    assert_eq!(post_active(&router, &known).await.status, StatusCode::OK);
}

/// A server that needs more than a moment for its first answers after a start.
#[tokio::test]
async fn a_server_that_comes_back_slow_comes_back() {
    let world = World::start().await;
    let known = lasting_jwt(&world);
    let answer = world.server.introspect(&known);
    let is_down = Arc::new(AtomicBool::new(false));
    let (asked_while_down, token) = (is_down.clone(), known.clone());
    let client = AnsweringClient::new(move |asked: String| {
        let is_down = asked_while_down.load(Ordering::SeqCst);
        let answer = if asked == token {
            answer.clone()
        } else {
            inactive()
        };
        async move {
            if is_down {
                return Err(HttpError::Unreachable("refused".to_owned()));
            }
            tokio::time::sleep(Duration::from_millis(1400)).await;
            Ok(answer)
        }
    });
    let issuer = world.asking().http_client(client);
    let router = protected(issuer.connect().await.unwrap().hybrid());
    tokio::time::pause();
    assert_eq!(post_active(&router, &known).await.status, StatusCode::OK);
    is_down.store(true, Ordering::SeqCst);
    for number in 0..6 {
        get(&router, &format!("stranger-{number}"))
            .await
            .assert_unavailable();
    }
    is_down.store(false, Ordering::SeqCst);
    world.clock.advance(SECOND);
    // The first finds out that it is back.
    post_active(&router, &known).await;
    assert_eq!(post_active(&router, &known).await.status, StatusCode::OK);
}

/// What is lost on the way is not the server's silence while it answers about others.
#[tokio::test]
async fn lost_connections_of_inventions_and_of_the_probe_hold_no_good_token_up() {
    let world = World::start().await;
    let router = protected(world.asking().connect().await.unwrap().hybrid());
    let known = lasting_jwt(&world);
    let server = &world.server;
    let lost = |token: &str| {
        let fault = Fault::drop_before_answer().for_token(token);
        server.inject(Endpoint::Introspection, fault);
    };
    lost(PROBE);
    assert_eq!(post_active(&router, &known).await.status, StatusCode::OK);
    for number in 0..10 {
        let token = format!("odd-{number}");
        lost(&token);
        get(&router, &token).await.assert_unavailable();
    }
    assert_eq!(post_active(&router, &known).await.status, StatusCode::OK);
}

/// A service without traffic learns that the server is back from whoever asks how it is.
#[tokio::test]
async fn who_asks_for_readiness_finds_out_whether_the_server_is_back() {
    let world = World::start().await;
    let issuer = world.asking().connect().await.unwrap();
    let router = protected(issuer.introspection());
    world.server.stop().await.unwrap();
    for number in 0..6 {
        get(&router, &format!("stranger-{number}"))
            .await
            .assert_unavailable();
    }
    let suspended = Readiness::Degraded(vec![Cause::IntrospectionSuspended]);
    assert_eq!(issuer.readiness(), suspended);
    world.server.restart().await.unwrap();
    assert_eq!(issuer.readiness(), suspended);
    world.clock.advance(SECOND);
    assert_eq!(issuer.readiness(), suspended);
    world
        .server
        .wait_for_requests(Endpoint::Introspection, 1)
        .await;
    while issuer.readiness() != Readiness::Ready {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.calls_about(PROBE), 1);
}

/// It stands until the server says otherwise, not only for as long as nobody asks.
#[tokio::test]
async fn refused_credentials_stay_a_cause_until_an_answer_comes() {
    let world = World::start().await;
    let issuer = world.asking().connect().await.unwrap();
    let router = protected(issuer.introspection());
    let refused = Fault::answer(Answer::json(&json!({"error": "invalid_client"})).status(401));
    world.server.inject(Endpoint::Introspection, refused);
    let token = lasting_opaque(&world);
    assert_eq!(
        get(&router, &token).await.status,
        StatusCode::INTERNAL_SERVER_ERROR
    );
    let degraded = Readiness::Degraded(vec![Cause::ClientCredentialsRefused]);
    for _ in 0..3 {
        assert_eq!(issuer.readiness(), degraded);
        world.clock.advance(60 * SECOND);
    }
    world.server.clear_faults(Endpoint::Introspection);
    assert_eq!(get(&router, &token).await.status, StatusCode::OK);
    assert_eq!(issuer.readiness(), Readiness::Ready);
}
