//! The table of `docs/outages.md`: what each class of route answers while the server is away.

use std::time::Duration;

use axum::Router;
use http::StatusCode;
use portcullis::{CanAsk, Issuer, TokenVerifier};
use portcullis_conformance::{AUDIENCE, Reply, World, get, post_active, protected};
use portcullis_testing::{Answer, Endpoint, Fault};
use serde_json::json;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// From one column of the table to the next: at once, after a minute, an hour, 70 minutes.
const WAITS: [Duration; 4] = [
    Duration::ZERO,
    MINUTE,
    Duration::from_secs(59 * 60),
    Duration::from_secs(10 * 60),
];

/// Tokens that outlive every outage here.
const LIFETIME: Duration = Duration::from_secs(24 * 3600);

/// How a route answers: 200 or 503.
const GOOD: u16 = 200;
const AWAY: u16 = 503;

/// One route, one token that was good a moment before the server went away.
struct Route {
    class: &'static str,
    router: Router,
    token: String,
    is_live: bool,
    /// What it answers at once, after a minute, an hour, and when the keys are too old.
    answers: [u16; 4],
}

impl Route {
    fn of(
        class: &'static str,
        verifier: impl TokenVerifier,
        token: &str,
        answers: [u16; 4],
    ) -> Self {
        Self {
            class,
            router: protected(verifier),
            token: token.to_owned(),
            is_live: false,
            answers,
        }
    }

    fn live(class: &'static str, verifier: impl TokenVerifier, token: &str) -> Self {
        Self {
            is_live: true,
            ..Self::of(class, verifier, token, [AWAY; 4])
        }
    }

    async fn reply(&self) -> Reply {
        if self.is_live {
            post_active(&self.router, &self.token).await
        } else {
            get(&self.router, &self.token).await
        }
    }
}

fn routes(world: &World, issuer: &Issuer<CanAsk>) -> Vec<Route> {
    let token = || world.server.token().expires_in(LIFETIME);
    let (jwt, opaque, light) = (
        token().jwt(),
        token().opaque(),
        token().audience(AUDIENCE).lightweight(),
    );
    let forgiving = issuer.introspection().stale_within(HOUR);
    vec![
        Route::of("local", issuer.jwt(), &jwt, [GOOD, GOOD, GOOD, AWAY]),
        Route::of(
            "hybrid, JWT",
            issuer.hybrid(),
            &jwt,
            [GOOD, GOOD, GOOD, AWAY],
        ),
        Route::of(
            "hybrid, lightweight and completed",
            issuer.hybrid(),
            &light,
            [GOOD, GOOD, GOOD, AWAY],
        ),
        Route::of(
            "hybrid, opaque",
            issuer.hybrid(),
            &opaque,
            [GOOD, AWAY, AWAY, AWAY],
        ),
        Route::of(
            "introspection",
            issuer.introspection(),
            &opaque,
            [GOOD, AWAY, AWAY, AWAY],
        ),
        Route::of(
            "stale_within an hour",
            forgiving.clone(),
            &opaque,
            [GOOD, GOOD, GOOD, AWAY],
        ),
        Route::live("RequireActive, hybrid", issuer.hybrid(), &jwt),
        Route::live(
            "RequireActive, introspection",
            issuer.introspection(),
            &opaque,
        ),
        Route::live("RequireActive, stale_within", forgiving, &opaque),
    ]
}

#[tokio::test]
async fn v2_an_outage_goes_by_the_table() {
    let world = World::start().await;
    let issuer = world.asking().connect().await.unwrap();
    let routes = routes(&world, &issuer);
    for route in &routes {
        assert_eq!(
            route.reply().await.status,
            StatusCode::OK,
            "{}",
            route.class
        );
    }
    world.server.stop().await.unwrap();
    for (column, wait) in WAITS.into_iter().enumerate() {
        world.clock.advance(wait);
        for route in &routes {
            let reply = route.reply().await;
            let case = format!("{}, {column}", route.class);
            assert_eq!(reply.status.as_u16(), route.answers[column], "{case}");
            if reply.status == StatusCode::SERVICE_UNAVAILABLE {
                reply.assert_unavailable();
            }
        }
    }
    world.server.restart().await.unwrap();
    world.clock.advance(MINUTE);
    for route in &routes {
        assert_eq!(
            route.reply().await.status,
            StatusCode::OK,
            "{}",
            route.class
        );
    }
}

#[tokio::test]
async fn v2_a_token_that_was_not_seen_before_is_503_where_the_server_has_to_speak() {
    let world = World::start().await;
    let issuer = world.asking().connect().await.unwrap();
    world.server.stop().await.unwrap();
    let token = || world.server.token().audience(AUDIENCE);
    let forgiving = issuer.hybrid().stale_within(HOUR);
    for (column, wait) in WAITS.into_iter().enumerate() {
        world.clock.advance(wait);
        for (case, verifier, token, answers) in [
            (
                "JWT",
                issuer.hybrid(),
                token().jwt(),
                [GOOD, GOOD, GOOD, AWAY],
            ),
            (
                "lightweight",
                issuer.hybrid(),
                token().lightweight(),
                [AWAY; 4],
            ),
            ("opaque", issuer.hybrid(), token().opaque(), [AWAY; 4]),
            (
                "opaque, stale_within",
                forgiving.clone(),
                token().opaque(),
                [AWAY; 4],
            ),
        ] {
            let reply = get(&protected(verifier), &token).await;
            assert_eq!(reply.status.as_u16(), answers[column], "{case}, {column}");
        }
    }
}

#[tokio::test]
async fn v2_what_was_called_inactive_is_never_revived_by_an_outage() {
    let world = World::start().await;
    let issuer = world.asking().connect().await.unwrap();
    let router = protected(issuer.introspection().stale_within(HOUR));
    let alice = world.server.login("alice");
    let token = alice.token().opaque();
    assert_eq!(get(&router, &token).await.status, StatusCode::OK);
    alice.end();
    post_active(&router, &token).await.assert_invalid_token();
    world.server.stop().await.unwrap();
    world.clock.advance(MINUTE);
    get(&router, &token).await.assert_unavailable();
}

#[tokio::test]
async fn v2_old_facts_stand_in_for_a_server_that_is_away_and_for_no_other_refusal() {
    let off = json!({"error": "access_denied", "error_description": "Realm not enabled"});
    let invalid_client = Answer::json(&json!({"error": "invalid_client"})).status(401);
    for (case, fault, status) in [
        ("500", Fault::status(500), GOOD),
        ("garbage", Fault::garbage(), GOOD),
        (
            "realm off",
            Fault::answer(Answer::json(&off).status(403)),
            AWAY,
        ),
        ("our credentials", Fault::answer(invalid_client), 500),
        ("a refusal", Fault::status(400), AWAY),
    ] {
        let world = World::start().await;
        let issuer = world.asking().connect().await.unwrap();
        let router = protected(issuer.introspection().stale_within(HOUR));
        let token = world.server.token().opaque();
        assert_eq!(get(&router, &token).await.status, StatusCode::OK, "{case}");
        world.clock.advance(MINUTE);
        world.server.inject(Endpoint::Introspection, fault);
        let reply = get(&router, &token).await;
        assert_eq!(reply.status.as_u16(), status, "{case}");
    }
    // The server answers about others, so it is not away: what it refuses to speak of is unknown.
    for fault in [Fault::status(404), Fault::status(500), Fault::status(413)] {
        let world = World::start().await;
        let issuer = world.asking().connect().await.unwrap();
        let router = protected(issuer.introspection().stale_within(HOUR));
        let token = world.server.token().opaque();
        assert_eq!(get(&router, &token).await.status, StatusCode::OK);
        world.clock.advance(MINUTE);
        let fault = fault.for_token(&token);
        world.server.inject(Endpoint::Introspection, fault);
        get(&router, &token).await.assert_unavailable();
    }
}

#[tokio::test]
async fn v2_a_realm_that_comes_back_switched_off_is_found_out() {
    let world = World::start().await;
    let issuer = world.asking().connect().await.unwrap();
    let router = protected(issuer.introspection().stale_within(HOUR));
    let token = world.server.token().opaque();
    assert_eq!(get(&router, &token).await.status, StatusCode::OK);
    world.server.stop().await.unwrap();
    world.clock.advance(MINUTE);
    for _ in 0..10 {
        assert_eq!(get(&router, &token).await.status, StatusCode::OK);
    }
    world.server.restart().await.unwrap();
    let off = json!({"error": "access_denied", "error_description": "Realm not enabled"});
    let off = Fault::answer(Answer::json(&off).status(403));
    world.server.inject(Endpoint::Introspection, off);
    world.clock.advance(MINUTE);
    get(&router, &token).await.assert_unavailable();
}
