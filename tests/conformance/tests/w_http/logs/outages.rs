//! What is answered, and asked, while the server is not there.

use std::time::Duration;

use http::StatusCode;
use portcullis_conformance::{AUDIENCE, get, protected};
use portcullis_testing::{Endpoint, Fault};

use super::{client_methods::Methods, scene::Scene};

const MINUTE: Duration = Duration::from_secs(60);
/// How many calls in a row open the circuit.
const FAILURES: usize = 5;

/// A token that says nothing of its user, and that the server completes.
fn lightweight(scene: &Scene) -> String {
    scene.mint().audience(AUDIENCE).lightweight()
}

#[tokio::test]
async fn w14_nothing_is_logged_of_a_call_that_is_made_again_or_of_old_facts() {
    let mut scene = Scene::set().await;
    let methods = Methods::of(&mut scene);
    let lost = || Fault::drop_before_answer();
    for (name, client) in &methods.clients {
        let issuer = scene.issuer_by(client);
        let router = protected(issuer.hybrid().stale_within(10 * MINUTE));
        let (known, light) = (scene.mint().opaque(), lightweight(&scene));
        for token in [&known, &light] {
            let endpoint = Endpoint::Introspection;
            scene.world.server.inject(endpoint, lost().times(1));
            let [reply, _] = scene.present(&router, token).await;
            assert_eq!(reply.status, StatusCode::OK, "{name}");
            scene.world.server.clear_faults(endpoint);
        }
        scene.world.clock.advance(MINUTE);
        scene.world.server.inject(Endpoint::Introspection, lost());
        for token in [&known, &light] {
            let [old, live] = scene.present(&router, token).await;
            assert_eq!(old.status, StatusCode::OK, "{name}");
            live.assert_unavailable();
        }
        let unknown = lightweight(&scene);
        for reply in scene.present(&router, &unknown).await {
            reply.assert_unavailable();
        }
        scene.world.server.clear_faults(Endpoint::Introspection);
    }
    assert_ne!(scene.note_what_was_sent(), 0);
    scene.assert_nothing_leaked(&["reason=\"issuer_unreachable\"", " TRACE "]);
}

#[tokio::test]
async fn w14_nothing_is_logged_of_an_open_circuit_and_its_probe() {
    let mut scene = Scene::set().await;
    let methods = Methods::of(&mut scene);
    for (name, client) in &methods.clients {
        let issuer = scene.issuer_by(client);
        let router = protected(issuer.hybrid());
        let silence = Fault::drop_before_answer();
        scene.world.server.inject(Endpoint::Introspection, silence);
        for _ in 0..2 * FAILURES {
            let token = scene.mint().opaque();
            for reply in scene.present(&router, &token).await {
                reply.assert_unavailable();
            }
        }
        scene.world.server.clear_faults(Endpoint::Introspection);
        scene.world.clock.advance(MINUTE);
        let token = scene.mint().opaque();
        assert_eq!(get(&router, &token).await.status, StatusCode::OK, "{name}");
    }
    let probes = scene.world.calls_about("portcullis-probe");
    assert!(probes >= methods.clients.len(), "{probes}");
    assert_ne!(scene.note_what_was_sent(), 0);
    scene.assert_nothing_leaked(&[
        "reason=\"circuit_open\"",
        "the authorization server does not answer",
    ]);
}
