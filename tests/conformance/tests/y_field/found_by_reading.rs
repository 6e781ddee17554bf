//! What nobody has reported yet, found while reading the code of others.

use std::{
    future::{pending, ready},
    sync::{Arc, Mutex},
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use portcullis::{HttpClient, HttpFuture, Limits, ReqwestClient};
use portcullis_conformance::{
    AUDIENCE, T0, World, get, getting, poll_once, protected, with_signature,
};
use portcullis_testing::{AuthorizationServerBuilder, Client, Endpoint, Fault, HoldPoint};
use serde_json::json;
use tokio::time::Instant;

use crate::support::{
    SECOND, SHORT, Unconnected, assert_ok, at_once, calls, fetches, lasting, stranger,
};

#[tokio::test]
async fn y61_oathkeeper_a_deadline_is_as_long_as_it_was_set() {
    let world = World::start().await;
    let endpoint = world.server.url(Endpoint::Introspection);
    let asking = || world.asking().introspection_endpoint(&*endpoint);
    let millis = Duration::from_millis;
    for (issuer, set) in [
        (asking(), millis(3000)),
        (asking().introspection_deadline(millis(700)), millis(700)),
    ] {
        let client = Unconnected::default();
        let issuer = issuer.http_client(client.clone()).build().unwrap();
        let router = protected(issuer.introspection());
        get(&router, "an-opaque-token").await.assert_unavailable();
        let deadlines = client.deadlines();
        assert!(!deadlines.is_empty());
        for deadline in deadlines {
            assert!(deadline <= set && deadline > set / 2, "{deadline:?}");
        }
    }
}

#[tokio::test]
async fn y62_oathkeeper_settings_of_the_http_client_do_not_undo_each_other() {
    let world = World::start().await;
    let client = ReqwestClient::builder()
        .proxy(world.server.origin())
        .connect_timeout(SECOND);
    let issuer = world.asking().http_client(client.build().unwrap());
    let router = protected(issuer.build().unwrap().introspection());
    assert_ok(&get(&router, &world.server.token().opaque()).await);
    // The whole address is what a proxy is asked for.
    let request = &world.server.requests(Endpoint::Introspection)[0];
    assert!(request.target.starts_with("http://"), "{}", request.target);
    // What every client does stays: one more attempt where a connection was closed,
    let closing = Fault::drop_before_answer().times(1);
    world.server.inject(Endpoint::Introspection, closing);
    assert_ok(&get(&router, &world.server.token().opaque()).await);
    // and none where a redirect leads.
    let elsewhere = world.server.url(Endpoint::Other);
    let redirect = Fault::status(307).header("location", elsewhere);
    world.server.inject(Endpoint::Introspection, redirect);
    let reply = get(&router, &world.server.token().opaque()).await;
    assert_ne!(reply.status, StatusCode::OK);
    assert_eq!(world.server.request_count(Endpoint::Other), 0);
}

#[tokio::test]
async fn y63_jose_while_the_issuer_is_down_nobody_waits_for_it_again_and_again() {
    let world = World::start().await;
    let issuer = world.realm().fetch_deadline(SHORT);
    let router = protected(issuer.connect().await.unwrap().jwt());
    let token = lasting(&world);
    world.server.inject(Endpoint::Jwks, Fault::hang());
    world.clock.advance(Duration::from_secs(600));
    // The first to find the set too old waits, as long as a fetch may take.
    assert_ok(&get(&router, &token).await);
    let before = fetches(&world);
    for _ in 0..3 {
        world.clock.advance(SECOND);
        assert_ok(&at_once(&router, &token));
    }
    world
        .server
        .wait_for_requests(Endpoint::Jwks, before + 1)
        .await;
}

/// Answers the first request with this, and no other.
#[derive(Debug, Clone)]
struct AnswersOnce(Arc<Mutex<Option<Bytes>>>);

impl HttpClient for AnswersOnce {
    fn send(&self, _: Request<Bytes>, _: Limits) -> HttpFuture {
        match self.0.lock().unwrap().take() {
            Some(body) => Box::pin(ready(Ok(Response::new(body)))),
            None => Box::pin(pending()),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn y64_jwkset_who_has_an_unknown_kid_is_not_parked() {
    let world = World::start().await;
    let set = Bytes::from(world.server.jwks().to_string());
    let issuer = world
        .realm()
        .http_client(AnswersOnce(Arc::new(Mutex::new(Some(set)))))
        .jwks_uri(world.server.url(Endpoint::Jwks))
        .fetch_deadline(Duration::from_secs(600));
    let router = protected(issuer.connect().await.unwrap().jwt());
    let began = Instant::now();
    let token = stranger(&world, "stranger");
    get(&router, &token).await.assert_unavailable();
    assert!(began.elapsed() <= SECOND, "{:?}", began.elapsed());
}

#[tokio::test]
async fn y65_go_oidc_a_bad_signature_of_a_known_key_fetches_nothing() {
    let world = World::start().await;
    let router = protected(world.realm().connect().await.unwrap().jwt());
    world.server.clear_requests();
    for number in 0..100_u8 {
        let token = with_signature(&world.server.token().jwt(), [number; 256]);
        at_once(&router, &token).assert_invalid_token();
    }
    assert_eq!(world.server.total_request_count(), 0);
}

#[tokio::test]
async fn y66_keycloak_nodejs_an_unknown_kid_within_a_cool_down_is_no_defect_of_ours() {
    let world = World::start().await;
    let router = protected(world.realm().connect().await.unwrap().jwt());
    let token = stranger(&world, "stranger");
    // No fetch is left.
    for number in 0..5 {
        let token = stranger(&world, &number.to_string());
        get(&router, &token).await.assert_invalid_token();
    }
    at_once(&router, &token).assert_invalid_token();
    // The last fetch has failed.
    world.server.inject(Endpoint::Jwks, Fault::status(500));
    world.clock.advance(Duration::from_secs(10));
    get(&router, &token).await.assert_unavailable();
    at_once(&router, &token).assert_unavailable();
    // There never was a set.
    let router = protected(world.realm().build().unwrap().jwt());
    for _ in 0..2 {
        get(&router, &token).await.assert_unavailable();
    }
}

#[tokio::test]
async fn y67_duende_two_issuers_share_no_flight_for_the_same_text() {
    let worlds = [World::start().await, World::start().await];
    let token = worlds[0].server.token().opaque_value("the-same-text");
    let client = ReqwestClient::new().unwrap();
    let mut waiting = Vec::new();
    for world in &worlds {
        let issuer = world.asking().http_client(client.clone());
        let router = protected(issuer.connect().await.unwrap().introspection());
        let gate = world
            .server
            .hold(Endpoint::Introspection, HoldPoint::BeforeAnswer);
        let mut request = Box::pin(getting(&router, &token));
        assert!(matches!(poll_once(&mut request), Poll::Pending));
        gate.wait_for(1).await;
        waiting.push((request, gate));
    }
    let mut replies = Vec::new();
    for (request, gate) in waiting {
        gate.release();
        replies.push(request.await);
    }
    assert_ok(&replies[0]);
    replies[1].assert_invalid_token();
    assert_eq!(worlds.map(|world| calls(&world)), [1, 1]);
}

#[tokio::test]
async fn y68_liboauth2_two_clients_of_one_server_share_no_answer() {
    let world = World::with(AuthorizationServerBuilder::keycloak_style).await;
    world.server.add_client(Client::new("billing-rs", "hush"));
    let billing = world.realm().client_secret("billing-rs", "hush");
    let orders = protected(world.asking().build().unwrap().introspection());
    let billing = protected(billing.build().unwrap().introspection());
    // The server tells it to those it is for.
    let token = world.server.token().audience(AUDIENCE).opaque();
    for _ in 0..2 {
        assert_ok(&get(&orders, &token).await);
        get(&billing, &token).await.assert_invalid_token();
    }
    assert_eq!(calls(&world), 2);
    let both = json!([AUDIENCE, "billing-rs"]);
    let token = world.server.token().claim("aud", both).claim("iat", T0);
    assert_ok(&get(&billing, &token.opaque()).await);
}
