//! V20: a server that does not answer is left alone, and only a server can be the reason.

use std::time::Duration;

use axum::Router;
use http::StatusCode;
use portcullis::{AccessToken, ClientAuthentication, HttpError};
use portcullis_conformance::{
    CapturedLog, Mishap, WatchedClient, World, get, post_active, protected,
};
use portcullis_testing::{Answer, Endpoint, Fault};
use serde_json::json;

/// The text that Portcullis asks about to find out how the server is.
const PROBE: &str = "portcullis-probe";
/// How many calls in a row have to fail.
const FAILURES: usize = 5;

const SECOND: Duration = Duration::from_secs(1);

/// Nobody listens there.
fn refused() -> HttpError {
    HttpError::Unreachable("refused".to_owned())
}

/// A router whose calls are watched, on a server that answers.
struct Watched {
    world: World,
    client: WatchedClient,
    router: Router,
}

impl Watched {
    async fn start() -> Self {
        let world = World::start().await;
        let client = WatchedClient::new();
        let issuer = world.asking().http_client(client.clone());
        let router = protected(issuer.connect().await.unwrap().hybrid());
        Self {
            world,
            client,
            router,
        }
    }

    /// Lets the next calls fail, each about a token of its own.
    async fn fail(&self, calls: usize, error: &HttpError) {
        for _ in 0..calls {
            self.client.befall(Mishap::Error(error.clone()));
            self.refused().await;
        }
    }

    /// 503 for a token that was never seen. How long the client shall wait.
    async fn refused(&self) -> u64 {
        let reply = get(&self.router, &self.world.server.token().opaque()).await;
        reply.assert_unavailable();
        reply.retry_after().unwrap()
    }

    async fn assert_good(&self) {
        let reply = get(&self.router, &self.world.server.token().opaque()).await;
        assert_eq!(reply.status, StatusCode::OK);
    }

    /// Asserts that a request is refused without a call.
    async fn assert_left_alone(&self) {
        let (logs, calls) = (CapturedLog::start(), self.client.calls());
        self.refused().await;
        let (reason, _) = logs.last_rejection().unwrap();
        assert_eq!(reason, "circuit_open");
        assert_eq!(self.client.calls(), calls);
    }
}

#[tokio::test]
async fn v20_an_open_circuit_answers_at_once_and_asks_nobody() {
    for (error, opening) in [
        (refused(), FAILURES),
        // Whoever chooses the tokens may have chosen that too, so the probe has to confirm it.
        (HttpError::Timeout, FAILURES + 1),
    ] {
        let watched = Watched::start().await;
        watched.fail(FAILURES - 1, &error).await;
        watched.assert_good().await;
        // An answer between them: it was not the server.
        watched.fail(FAILURES - 1, &error).await;
        watched.assert_good().await;

        // A server that has just answered about others is not away, whatever the probe says.
        watched.world.clock.advance(5 * SECOND);
        watched.fail(opening, &error).await;
        for _ in 0..1000 {
            watched.assert_left_alone().await;
        }
        let signed = watched.world.server.token().jwt();
        post_active(&watched.router, &signed)
            .await
            .assert_unavailable();
        // What needs no answer needs no server.
        assert_eq!(get(&watched.router, &signed).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn v20_one_call_finds_out_whether_the_server_is_back() {
    let watched = Watched::start().await;
    watched.fail(FAILURES, &refused()).await;
    for wait in [1, 2, 4, 8, 16, 30, 30] {
        assert_eq!(watched.refused().await, wait);
        watched
            .world
            .clock
            .advance(SECOND * u32::try_from(wait).unwrap());
        let calls = watched.client.calls();
        // One probe, and no token leaves this house for it.
        watched.client.befall(Mishap::Error(refused()));
        watched.refused().await;
        assert_eq!(watched.client.calls(), calls + 1);
        watched.assert_left_alone().await;
    }
    watched.world.clock.advance(30 * SECOND);
    watched.assert_good().await;
    assert_eq!(watched.world.calls_about(PROBE), 1);
    watched.assert_good().await;
    assert_eq!(watched.world.calls_about(PROBE), 1);
}

#[tokio::test]
async fn v20_a_5xx_counts_only_when_the_probe_fares_no_better() {
    let watched = Watched::start().await;
    let server = &watched.world.server;
    // Every token fails, and the probe does not: it is not the server.
    for _ in 0..4 * FAILURES {
        let token = server.token().opaque();
        let fault = Fault::status(500).for_token(&token);
        server.inject(Endpoint::Introspection, fault);
        get(&watched.router, &token).await.assert_unavailable();
        watched.assert_good().await;
    }
    server.clear_faults(Endpoint::Introspection);
    watched.world.clock.advance(SECOND);

    // As long as good tokens are answered, it is not the server either.
    server.inject(Endpoint::Introspection, Fault::status(500));
    for _ in 0..4 * FAILURES {
        watched.refused().await;
    }
    watched.world.clock.advance(5 * SECOND);
    for _ in 0..FAILURES {
        watched.refused().await;
    }
    watched.assert_left_alone().await;
    // What a probe has found stands for a moment.
    assert_eq!(watched.world.calls_about(PROBE), 3);
}

#[tokio::test]
async fn v20_no_token_opens_the_circuit_by_its_silence() {
    let watched = Watched::start().await;
    let server = &watched.world.server;
    let known = server.token().jwt();
    // Something in front of the server loses, or never answers, what has this or that in it.
    for round in 0..4 * FAILURES {
        let token = format!("odd-{round}");
        let fault = Fault::drop_before_answer().for_token(&token);
        server.inject(Endpoint::Introspection, fault);
        get(&watched.router, &token).await.assert_unavailable();
        watched.client.befall(Mishap::Error(HttpError::Timeout));
        watched.refused().await;
        if round % FAILURES == FAILURES - 1 {
            let reply = post_active(&watched.router, &known).await;
            assert_eq!(reply.status, StatusCode::OK, "{round}");
        }
    }
    watched.assert_good().await;
}

#[tokio::test]
async fn v20_a_server_that_hangs_is_found_out_and_left_alone() {
    let world = World::start().await;
    let client = WatchedClient::new();
    let issuer = world
        .asking()
        .introspection_deadline(Duration::from_millis(150))
        .http_client(client.clone());
    let router = protected(issuer.connect().await.unwrap().hybrid());
    world.server.inject(Endpoint::Introspection, Fault::hang());
    // Where nobody answers, a deadline is over at once.
    tokio::time::pause();
    // Five go unanswered, and so does the probe.
    for _ in 0..=FAILURES {
        let token = world.server.token().opaque();
        get(&router, &token).await.assert_unavailable();
    }
    for wait in [1, 2, 4] {
        let calls = client.calls();
        let logs = CapturedLog::start();
        let reply = get(&router, &world.server.token().opaque()).await;
        assert_eq!(reply.retry_after(), Some(wait));
        assert_eq!(logs.last_rejection().unwrap().0, "circuit_open");
        assert_eq!(client.calls(), calls);
        world.clock.advance(Duration::from_secs(wait));
        get(&router, &world.server.token().opaque())
            .await
            .assert_unavailable();
        assert_eq!(client.calls(), calls + 1);
    }
    tokio::time::resume();
    world.server.clear_faults(Endpoint::Introspection);
    world.clock.advance(Duration::from_secs(8));
    let reply = get(&router, &world.server.token().opaque()).await;
    assert_eq!(reply.status, StatusCode::OK);
}

#[tokio::test]
async fn v20_an_answer_of_any_kind_ends_the_trial() {
    let off = json!({"error": "access_denied", "error_description": "Realm not enabled"});
    for (answer, reason) in [
        (Answer::json(&off).status(403), "issuer_disabled"),
        (Answer::new(401), "client_credentials_refused"),
        (Answer::new(404), "request_refused"),
        (Answer::new(200).body("it works"), "issuer_answer_malformed"),
    ] {
        let watched = Watched::start().await;
        watched.fail(FAILURES, &refused()).await;
        watched.assert_left_alone().await;
        let fault = Fault::answer(answer);
        watched.world.server.inject(Endpoint::Introspection, fault);
        watched.world.clock.advance(SECOND);
        let logs = CapturedLog::start();
        let token = watched.world.server.token().opaque();
        assert!(get(&watched.router, &token).await.status.is_server_error());
        assert_eq!(logs.last_rejection().unwrap().0, reason);
    }
}

#[tokio::test]
async fn v20_credentials_of_ours_that_do_not_come_are_not_the_servers_silence() {
    let world = World::start().await;
    let client = WatchedClient::new();
    let hanging = ClientAuthentication::bearer_from(|| {
        std::future::pending::<Result<AccessToken, HttpError>>()
    });
    let issuer = world
        .realm()
        .client_authentication(hanging)
        .introspection_deadline(Duration::from_millis(60))
        .http_client(client.clone());
    let router = protected(issuer.connect().await.unwrap().introspection());
    let logs = CapturedLog::start();
    for _ in 0..4 * FAILURES {
        let token = world.server.token().opaque();
        get(&router, &token).await.assert_unavailable();
        assert_eq!(logs.last_rejection().unwrap().0, "issuer_failed");
    }
    assert_eq!(client.calls(), 0);
}

#[tokio::test]
async fn v20_a_requested_pause_is_kept() {
    let watched = Watched::start().await;
    let server = &watched.world.server;
    let pause = Fault::status(429).header("retry-after", "7");
    server.inject(Endpoint::Introspection, pause);
    assert_eq!(watched.refused().await, 7);
    server.clear_faults(Endpoint::Introspection);
    watched.assert_left_alone().await;
    watched.world.clock.advance(7 * SECOND);
    watched.assert_good().await;
}

#[tokio::test]
async fn v20_one_token_that_always_fails_harms_no_other() {
    let watched = Watched::start().await;
    let server = &watched.world.server;
    let (bad, known) = (server.token().opaque(), server.token().opaque());
    let signed = server.token().jwt();
    let fault = Fault::status(500).for_token(&bad);
    server.inject(Endpoint::Introspection, fault);
    let logs = CapturedLog::start();
    // A thousand requests in a second, others between them.
    for _ in 0..1000 {
        get(&watched.router, &bad).await.assert_unavailable();
        let (reason, _) = logs.last_rejection().unwrap();
        assert_eq!(reason, "issuer_failed_at_token");
        for (token, reply) in [
            ("known", get(&watched.router, &known).await),
            ("live", post_active(&watched.router, &signed).await),
        ] {
            assert_eq!(reply.status, StatusCode::OK, "{token}");
        }
        watched.world.clock.advance(Duration::from_millis(1));
    }
    assert!(watched.world.calls_about(&bad) <= 2);
}
