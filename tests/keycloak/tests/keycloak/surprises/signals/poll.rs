//! Poll delivery (RFC 8936).

use portcullis_keycloak_suite::{Client, payload_of};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{SECRET, Scene, VERIFICATION, poll_id, push_id};
use crate::environment::run;

#[test]
fn an_event_is_there_once_the_logout_has_returned_and_until_it_is_acknowledged() {
    run(async |env| {
        let scene = Scene::set(env, "poll-plain").await;
        let tokens = scene.log_in().await;
        scene.log_out(&tokens).await;
        let first = scene.poll(json!({})).await;
        assert_eq!(first["moreAvailable"], false);
        let [id] = ids(&first)[..] else {
            panic!("{first}");
        };
        let set = first["sets"][id].as_str().unwrap();
        scene.assert_signed(set).await;
        assert_eq!(payload_of(set)["jti"], *id);
        assert_eq!(scene.poll(json!({})).await, first);

        let nothing = json!({ "sets": {}, "moreAvailable": false });
        assert_eq!(scene.poll(json!({ "ack": [id] })).await, nothing);
        assert_eq!(scene.poll(json!({})).await, nothing);
    });
}

#[test]
fn what_the_receiver_calls_an_error_is_gone_as_well() {
    run(async |env| {
        let scene = Scene::set(env, "poll-errors").await;
        let tokens = scene.log_in().await;
        scene.log_out(&tokens).await;
        let first = scene.poll(json!({})).await;
        let [id] = ids(&first)[..] else {
            panic!("{first}");
        };
        let error = json!({ "err": "invalid_key", "description": "unknown key" });
        let answer = scene.poll(json!({ "setErrs": { id: error } })).await;
        assert_eq!(answer["sets"], json!({}));
        assert_eq!(scene.poll(json!({})).await["sets"], json!({}));
    });
}

#[test]
fn more_than_was_asked_for_is_announced() {
    run(async |env| {
        let scene = Scene::set(env, "poll-more").await;
        for _ in 0..3 {
            let tokens = scene.log_in().await;
            scene.log_out(&tokens).await;
        }
        let some = scene.poll(json!({ "maxEvents": 2 })).await;
        assert_eq!(ids(&some).len(), 2);
        assert_eq!(some["moreAvailable"], true);
        assert_eq!(scene.events().await.len(), 3);
    });
}

#[test]
fn the_endpoint_is_for_the_receiver_alone_with_a_token_that_may_read() {
    run(async |env| {
        let scene = Scene::set(env, "poll-authorized").await;
        let realm = &scene.realm;
        assert!(
            scene.polled.endpoint.starts_with(realm.issuer()),
            "{}",
            scene.polled.endpoint
        );
        let [poll, push] = [poll_id(scene.name), push_id(scene.name)];
        for (id, scope, status) in [
            (&poll, "ssf.read", StatusCode::OK),
            (&poll, "ssf.manage", StatusCode::UNAUTHORIZED),
            (&poll, "openid", StatusCode::UNAUTHORIZED),
            (&push, "ssf.read", StatusCode::NOT_FOUND),
        ] {
            let client = Client::confidential(id, SECRET);
            let tokens = realm.client_credentials_for(client, scope).await.unwrap();
            let answer = realm.poll_status(&scene.polled, &tokens.access).await;
            assert_eq!(answer.unwrap(), status, "{id} {scope}");
        }
        let unknown = realm.poll_status(&scene.polled, "unknown").await;
        assert_eq!(unknown.unwrap(), StatusCode::UNAUTHORIZED);
    });
}

#[test]
fn a_stream_is_verified_in_a_poll() {
    run(async |env| {
        let scene = Scene::set(env, "poll-verified").await;
        let id = poll_id(scene.name);
        let client = Client::confidential(&id, SECRET);
        let verified = scene.realm.verify_stream(client, &scene.polled, "chosen");
        verified.await.unwrap();
        let event = scene.event().await;
        assert_eq!(
            event["events"],
            json!({ VERIFICATION: { "state": "chosen" } })
        );
    });
}

fn ids(answer: &Value) -> Vec<&String> {
    answer["sets"].as_object().unwrap().keys().collect()
}
