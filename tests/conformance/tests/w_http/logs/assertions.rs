//! Every method of client authentication, on every way a call can go.

use std::time::Duration;

use http::StatusCode;
use portcullis_conformance::{get, protected};
use portcullis_testing::{Endpoint, Fault};

use super::{client_methods::Methods, echo::Echo, paths::faults, scene::Scene};

/// Longer than anything that was learned of the server stands.
const COOL_DOWN: Duration = Duration::from_secs(60);

#[tokio::test]
async fn w14_nothing_that_proves_who_we_are_is_logged_whatever_becomes_of_a_call() {
    let mut scene = Scene::set().await;
    let methods = Methods::of(&mut scene);
    for (name, client) in &methods.clients {
        let issuer = scene.issuer_by(client);
        let router = protected(issuer.hybrid());
        let good = scene.mint().opaque();
        assert_eq!(get(&router, &good).await.status, StatusCode::OK, "{name}");
        for fault in faults(&methods.own_token) {
            scene.world.server.inject(Endpoint::Introspection, fault);
            let token = scene.mint().opaque();
            scene.present(&router, &token).await;
            scene.world.server.clear_faults(Endpoint::Introspection);
            scene.world.clock.advance(COOL_DOWN);
        }
        let later = scene.mint().opaque();
        assert_eq!(get(&router, &later).await.status, StatusCode::OK, "{name}");
    }
    let sent = scene.note_what_was_sent();
    assert!(sent >= 20 * methods.clients.len(), "{sent}");
    scene.assert_nothing_leaked(&[
        "reason=\"issuer_failed\"",
        "reason=\"issuer_answer_malformed\"",
        "reason=\"issuer_failed_at_token\"",
        " TRACE ",
    ]);
}

#[tokio::test]
async fn w14_a_server_that_quotes_what_it_was_sent_puts_none_of_it_into_the_log() {
    let mut scene = Scene::set().await;
    let methods = Methods::of(&mut scene);
    for (_, client) in &methods.clients {
        for place in 0..Echo::PLACES {
            let issuer = scene.asking_by(client).http_client(Echo::at(place));
            let router = protected(issuer.build().unwrap().introspection());
            let token = scene.mint().opaque();
            scene.present(&router, &token).await;
        }
    }
    assert_ne!(scene.note_what_was_sent(), 0);
    scene.assert_nothing_leaked(&[
        "reason=\"issuer_failed\"",
        "reason=\"issuer_answer_malformed\"",
        "reason=\"client_credentials_refused\"",
        "not one JSON object",
    ]);
}

#[tokio::test]
async fn w14_credentials_that_the_server_does_not_know_are_not_logged() {
    let mut scene = Scene::set().await;
    let methods = Methods::of(&mut scene);
    for id in ["secret-jwt", "by-pem", "by-jwk"] {
        scene.world.server.remove_client(id);
    }
    scene.world.server.set_bearer_introspection(None);
    for (name, client) in &methods.clients {
        let router = protected(scene.issuer_by(client).introspection());
        let token = scene.mint().opaque();
        let [reply, _] = scene.present(&router, &token).await;
        assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR, "{name}");
    }
    assert_ne!(scene.note_what_was_sent(), 0);
    scene.assert_nothing_leaked(&["ERROR", "client_credentials_refused", "by-jwk"]);
}

#[tokio::test]
async fn w14_a_caching_server_that_names_itself_by_what_it_was_sent_is_not_quoted() {
    let mut scene = Scene::set().await;
    let methods = Methods::of(&mut scene);
    let (_, client) = &methods.clients[0];
    let router = protected(scene.issuer_by(client).introspection());
    for header in ["via", "server"] {
        let token = scene.mint().opaque();
        let fault = Fault::headers()
            .header("age", "30")
            .header(header, format!("1.1 cache {token}"));
        scene.world.server.inject(Endpoint::Introspection, fault);
        scene.present(&router, &token).await;
        scene.world.server.clear_faults(Endpoint::Introspection);
    }
    scene.assert_nothing_leaked(&["the answer was not made for this call"]);
}
