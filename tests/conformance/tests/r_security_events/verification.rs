//! R12: a stream is verified (SSF 1.0 §8.1.4).

use serde_json::{Value, json};

use crate::support::{Scene, VERIFICATION};

fn verification(scene: &Scene, event: Value) -> String {
    let stream = json!({ "format": "opaque", "id": "stream-1" });
    let event = scene.world.server.security_event(VERIFICATION, event);
    event.subject_id(stream).jwt()
}

#[tokio::test]
async fn r12_unless_one_is_expected_every_state_is_taken() {
    let scene = Scene::start().await;
    for event in [json!({}), json!({ "state": "chosen" })] {
        scene.take(&verification(&scene, event)).await;
    }
    assert!(scene.revocations.is_empty());
}

#[tokio::test]
async fn r12_another_state_than_the_expected_one_is_refused() {
    let scene = Scene::with(|realm| realm.security_event_state("chosen")).await;
    for state in ["", "Chosen", "chosen ", "other"] {
        let event = verification(&scene, json!({ "state": state }));
        scene.refuse(&event, "invalid_state", state).await;
    }
    scene
        .take(&verification(&scene, json!({ "state": "chosen" })))
        .await;
    // The transmitter verifies by itself.
    scene.take(&verification(&scene, json!({}))).await;
    scene
        .refuse(
            &verification(&scene, Value::Null),
            "invalid_request",
            "null",
        )
        .await;
}

#[tokio::test]
async fn r12_the_stream_is_no_subject() {
    let scene = Scene::start().await;
    let token = scene.world.server.login("stream-1");
    let token = token.token().claim("sid", "stream-1").jwt();
    scene
        .take(&verification(&scene, json!({ "state": "chosen" })))
        .await;
    scene.assert_good(&token, 0, "a namesake").await;
}

#[tokio::test]
async fn r12_only_a_signed_event_is_told_of_its_state() {
    let scene = Scene::with(|realm| realm.security_event_state("chosen")).await;
    for state in ["chosen", "other"] {
        let event = scene
            .world
            .server
            .security_event(VERIFICATION, json!({ "state": state }));
        let forged = event.signature(*b"forged").jwt();
        scene.refuse(&forged, "invalid_key", state).await;
    }
}
