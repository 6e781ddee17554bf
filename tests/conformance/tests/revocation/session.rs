//! The end of a session: all of its tokens are over, here and now.

use std::sync::Arc;

use axum::{
    Router,
    routing::{get as get_route, post},
};
use http::{Request, StatusCode, header};
use portcullis::{AuthenticateLayer, Expectations, RequireActiveLayer, TokenFacts, verifier_fn};
use portcullis_axum::Token;
use portcullis_conformance::{AUDIENCE, Instance, T0, World, get, pass_start, protected, send};
use tokio::sync::Notify;

use crate::support::{MINUTE, SECOND, live_status, status, told};

#[tokio::test]
async fn a_logout_is_refused_on_every_kind_of_route_and_a_new_login_is_not() {
    let (world, instance) = told().await;
    instance.subscribe(&world).await;
    let session = world.server.login("alice");
    let token = session.token().jwt();
    instance.admits(&token).await;

    let deliveries = session.log_out().await;
    assert_eq!(deliveries.len(), 1);
    assert_eq!(deliveries[0].status(), Some(200));
    instance.refuses_unasked(&world, &token).await;

    let again = world.server.login("alice").token().jwt();
    instance.admits(&again).await;
    let other = world.server.login("bob").token().jwt();
    instance.admits(&other).await;
}

/// The session lives on at the server: it is told before the end, and the end may never come.
#[tokio::test]
async fn that_the_server_calls_it_active_does_not_help() {
    let (world, instance) = told().await;
    let session = world.server.login("alice");
    let before = session.token().jwt();
    instance.admits(&before).await;
    instance.hear_of(&session).await;
    assert_eq!(world.server.introspect(&before)["active"], true);
    instance.refuses_unasked(&world, &before).await;
    // What it mints later is no better, however much later.
    world.clock.advance(10 * MINUTE);
    let later = session.token().jwt();
    assert_eq!(world.server.introspect(&later)["active"], true);
    instance.refuses_unasked(&world, &later).await;
}

#[tokio::test]
async fn an_opaque_token_that_is_known_is_refused_unasked() {
    let (world, instance) = told().await;
    let session = world.server.login("alice");
    let token = session.token().opaque();
    for router in [&instance.hybrid, &instance.introspection] {
        assert_eq!(status(router, &token).await, StatusCode::OK);
    }
    instance.hear_of(&session).await;
    let calls = world.calls();
    for router in [&instance.hybrid, &instance.introspection] {
        get(router, &token).await.assert_invalid_token();
        assert_eq!(live_status(router, &token).await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(world.calls(), calls);
}

/// Nobody knows which session it belongs to before the server has said so.
#[tokio::test]
async fn an_opaque_token_that_is_new_is_refused_by_what_the_answer_says() {
    let (world, instance) = told().await;
    let session = world.server.login("alice");
    instance.hear_of(&session).await;
    let token = session.token().opaque();
    assert_eq!(world.server.introspect(&token)["active"], true);
    for router in [&instance.hybrid, &instance.introspection] {
        get(router, &token).await.assert_invalid_token();
        assert_eq!(live_status(router, &token).await, StatusCode::UNAUTHORIZED);
    }
}

/// Its completion would be a call as well.
#[tokio::test]
async fn a_lightweight_token_is_not_completed_any_more() {
    let (world, instance) = told().await;
    let session = world.server.login("alice");
    let light = || session.token().audience(AUDIENCE).lightweight();
    let (known, new) = (light(), light());
    assert_eq!(status(&instance.hybrid, &known).await, StatusCode::OK);
    instance.hear_of(&session).await;
    instance.refuses_unasked(&world, &known).await;
    instance.refuses_unasked(&world, &new).await;
}

/// An answer of at most that age would do, and none is looked for.
#[tokio::test]
async fn an_answer_within_some_time_is_not_asked_for_any_more() {
    let (world, instance) = told().await;
    let issuer = &instance.issuer;
    let router = Router::new()
        .route("/", post(|| async {}))
        .route_layer(RequireActiveLayer::within(10 * SECOND))
        .layer(AuthenticateLayer::new(issuer.hybrid()));
    let ask = async |token: &str| {
        let request = Request::post("/").header(header::AUTHORIZATION, format!("Bearer {token}"));
        send(&router, request.body(axum::body::Body::empty()).unwrap()).await
    };
    let session = world.server.login("alice");
    let token = session.token().jwt();
    assert_eq!(ask(&token).await.status, StatusCode::OK);
    instance.hear_of(&session).await;
    let calls = world.calls();
    ask(&token).await.assert_invalid_token();
    world.clock.advance(MINUTE);
    ask(&token).await.assert_invalid_token();
    assert_eq!(world.calls(), calls);
}

/// For as long as its tokens come, even if they live longer than what is over is remembered.
#[tokio::test]
async fn it_is_remembered_for_as_long_as_its_tokens_come() {
    let (world, instance) = told().await;
    let session = world.server.login("alice");
    let token = session.token().expires_in(86_400 * SECOND).jwt();
    instance.hear_of(&session).await;
    for _ in 0..10 {
        world.clock.advance(50 * MINUTE);
        instance.refuses_unasked(&world, &token).await;
    }
}

#[tokio::test]
async fn it_is_forgotten_once_none_of_its_tokens_can_live_any_longer() {
    let world = World::start().await;
    let issuer = world.told().max_token_lifetime(10 * MINUTE);
    let instance = Instance::with(&world, issuer).await;
    for _ in 0..3 {
        instance.hear_of(&world.server.login("alice")).await;
    }
    let revocations = instance.issuer.revocations();
    world.clock.advance(10 * MINUTE);
    assert_eq!(revocations.len(), 3, "the leeway has not passed");
    world.clock.advance(2 * MINUTE);
    assert!(revocations.is_empty());
}

/// The issuer's clock is ahead by the leeway, and a token is let in for as long after its end.
#[tokio::test]
async fn it_is_remembered_for_as_long_as_any_of_its_tokens_can_live() {
    let (world, instance) = told().await;
    // Entries end with a minute of theirs, this one as early as possible.
    world.clock.advance(59 * SECOND);
    let session = world.server.login("alice");
    let issued = world.clock.system_time() + 30 * SECOND;
    let token = session.token().issued_at(issued).expires_in(60 * MINUTE);
    let token = token.jwt();
    instance.hear_of(&session).await;
    world.clock.advance(60 * MINUTE + 31 * SECOND);
    instance.refuses_unasked(&world, &token).await;
}

/// By what the token itself says, where the answer about it says less.
#[tokio::test]
async fn an_answer_that_does_not_name_the_session_hides_no_logout() {
    let (world, instance) = told().await;
    let session = world.server.login("alice");
    let silent = serde_json::json!({"sid": null, "sub": null, "jti": null});
    let token = session.token().introspects_as(silent).jwt();
    instance.admits(&token).await;
    instance.hear_of(&session).await;
    instance.refuses_unasked(&world, &token).await;
}

/// Where a claim of it is no good, its other claims still say whose it is.
#[tokio::test]
async fn a_jwt_that_is_malformed_here_hides_no_logout_from_those_who_ask() {
    let (world, instance) = told().await;
    for (name, value) in [("nbf", "soon".into()), ("act", serde_json::json!([]))] {
        let session = world.server.login("alice");
        let silent = serde_json::json!({"sid": null, "sub": null, "jti": null, name: null});
        let token = session.token().claim(name, value).introspects_as(silent);
        let token = token.jwt();
        let router = &instance.introspection;
        assert_eq!(status(router, &token).await, StatusCode::OK, "{name}");
        instance.hear_of(&session).await;
        get(router, &token).await.assert_invalid_token();
    }
}

/// Old facts stand in for a server that is away. What is known against them is known all the same.
#[tokio::test]
async fn old_facts_hide_no_logout_while_the_server_is_away() {
    let (world, instance) = told().await;
    let verifier = instance.issuer.introspection().stale_within(10 * MINUTE);
    let router = protected(verifier);
    let session = world.server.login("alice");
    let silent = serde_json::json!({"sid": null});
    let tokens = [
        session.token().opaque(),
        session.token().jwt(),
        session.token().introspects_as(silent).jwt(),
    ];
    for token in &tokens {
        assert_eq!(status(&router, token).await, StatusCode::OK);
    }
    world.server.stop().await.unwrap();
    world.clock.advance(MINUTE);
    for token in &tokens {
        assert_eq!(status(&router, token).await, StatusCode::OK);
    }
    instance.hear_of(&session).await;
    for token in &tokens {
        get(&router, token).await.assert_invalid_token();
    }
}

/// A handler may take its time, and look again before it does what cannot be undone.
#[tokio::test]
async fn a_handler_that_looks_again_is_told() {
    let (world, instance) = told().await;
    let (arrived, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let handler = {
        let (arrived, go_on) = (arrived.clone(), go_on.clone());
        move |token: Token| async move {
            arrived.notify_one();
            go_on.notified().await;
            let token = token.into_inner();
            token.still_active().await.map_err(|why| why.status())
        }
    };
    let router = Router::new()
        .route("/", get_route(handler))
        .layer(AuthenticateLayer::new(instance.issuer.hybrid()));
    for is_told in [false, true] {
        let session = world.server.login("alice");
        let token = session.token().jwt();
        let request = {
            let router = router.clone();
            tokio::spawn(async move { get(&router, &token).await.status })
        };
        arrived.notified().await;
        if is_told {
            instance.hear_of(&session).await;
        }
        go_on.notify_one();
        let status = request.await.unwrap();
        assert_eq!(status == StatusCode::UNAUTHORIZED, is_told, "{status}");
    }
}

/// Whatever vouches for a token, it is looked for among those that are over.
#[tokio::test]
async fn a_verifier_of_ones_own_is_looked_after_too() {
    let (world, instance) = told().await;
    let session = world.server.login("alice");
    let expectations = Expectations::audience(AUDIENCE).revocations(instance.issuer.revocations());
    let expectations = Arc::new(expectations);
    let claims = serde_json::json!({
        "aud": AUDIENCE, "sid": session.id(), "iat": T0 + 60, "exp": T0 + 360,
    });
    let clock = world.clock.clone();
    let verifier = verifier_fn(move |_, _| {
        let facts = TokenFacts::from_json(claims.to_string(), &expectations).unwrap();
        async move { Ok(Arc::new(facts)) }
    });
    let router = protected(verifier.with_clock(clock));
    assert_eq!(status(&router, "whatever").await, StatusCode::OK);
    instance.hear_of(&session).await;
    get(&router, "whatever").await.assert_invalid_token();
}

/// Verifiers of one issuer share what is known, whenever they were made.
#[tokio::test]
async fn a_verifier_that_is_made_afterwards_knows_of_it() {
    let (world, instance) = told().await;
    let session = world.server.login("alice");
    instance.hear_of(&session).await;
    let later = Instance::of(instance.issuer.clone());
    let token = session.token().jwt();
    later.refuses_unasked(&world, &token).await;
}

/// It listens before anybody comes.
#[tokio::test]
async fn a_notice_before_the_first_request_counts() {
    let world = World::start().await;
    let instance = Instance::of(world.told().build().unwrap());
    let session = world.server.login("alice");
    instance.hear_of(&session).await;
    pass_start(&world);
    let token = session.token().jwt();
    instance.refuses_unasked(&world, &token).await;
}
