//! Push delivery (RFC 8935).

use axum::http::StatusCode;
use portcullis_keycloak_suite::Client;
use serde_json::json;

use super::{AUTHORIZATION, SECRET, Scene, VERIFICATION, push_id};
use crate::{environment::run, surprises::scene::sid_of};

#[test]
fn an_event_is_posted_as_it_is_with_the_authorization_that_the_receiver_asked_for() {
    run(async |env| {
        let scene = Scene::set(env, "push-plain").await;
        let tokens = scene.log_in().await;
        scene.log_out(&tokens).await;
        let push = scene.receiver.until_message().await;
        assert_eq!(push.path, "/events");
        assert_eq!(push.http_header("content-type"), "application/secevent+jwt");
        assert_eq!(push.http_header("authorization"), AUTHORIZATION);
        scene.assert_signed(&push.token()).await;
        let event = push.claims();
        let audience = format!("{}/{}", push_id(scene.name), scene.pushed.id);
        assert_eq!(event["aud"], audience);
        assert_eq!(scene.pushed.audience, json!([audience]));
        assert_eq!(event["sub_id"]["session"]["id"], sid_of(&tokens.access));
    });
}

#[test]
fn an_event_is_posted_again_until_it_is_accepted_even_after_a_400() {
    run(async |env| {
        let scene = Scene::set(env, "push-again").await;
        scene.receiver.answer(StatusCode::BAD_REQUEST);
        let tokens = scene.log_in().await;
        scene.log_out(&tokens).await;
        let first = scene.receiver.until_message().await;
        scene.receiver.answer(StatusCode::ACCEPTED);
        let second = scene.receiver.until_message().await;
        assert_eq!(first.token(), second.token());
    });
}

#[test]
fn an_administrator_can_name_the_audience() {
    run(async |env| {
        let scene = Scene::set(env, "push-audience").await;
        let url = scene.receiver.events_url();
        let named = Client::confidential("push-named", SECRET);
        let created = scene.admin.create_signal_receiver(named, "NONE", &url);
        created.await.unwrap();
        let attribute = "ssf.streamAudience";
        let set = scene
            .admin
            .set_client_attribute(named.id, attribute, "orders-api");
        set.await.unwrap();
        let stream = scene.realm.create_push_stream(named, &url, AUTHORIZATION);
        let stream = stream.await.unwrap();
        assert_eq!(stream.audience, json!(["orders-api"]));
        let verified = scene.realm.verify_stream(named, &stream, "");
        verified.await.unwrap();
        let event = scene.receiver.message().await.claims();
        assert_eq!(event["aud"], "orders-api");
    });
}

#[test]
fn a_receiver_has_one_stream_and_is_pushed_to_where_the_administrator_allowed_it() {
    run(async |env| {
        let scene = Scene::set(env, "push-refused").await;
        let url = scene.receiver.events_url();
        let id = push_id(scene.name);
        let client = Client::confidential(&id, SECRET);
        let second = scene.realm.create_push_stream(client, &url, AUTHORIZATION);
        let second = second.await.unwrap_err().to_string();
        assert!(second.contains("409"), "{second}");

        let elsewhere = Client::confidential("push-elsewhere", SECRET);
        let allowed = "http://127.0.0.1:1/";
        let created = scene
            .admin
            .create_signal_receiver(elsewhere, "NONE", allowed);
        created.await.unwrap();
        let refused = scene
            .realm
            .create_push_stream(elsewhere, &url, AUTHORIZATION);
        let refused = refused.await.unwrap_err().to_string();
        assert!(refused.contains("ssf.validPushUrls"), "{refused}");
    });
}

#[test]
fn a_stream_is_verified_by_an_event_with_the_state_that_the_receiver_chose() {
    run(async |env| {
        let scene = Scene::set(env, "push-verified").await;
        let id = push_id(scene.name);
        let client = Client::confidential(&id, SECRET);
        let verified = scene.realm.verify_stream(client, &scene.pushed, "chosen");
        verified.await.unwrap();
        let event = scene.receiver.message().await.claims();
        let stream = json!({ "format": "opaque", "id": scene.pushed.id });
        assert_eq!(event["sub_id"], stream);
        assert_eq!(
            event["events"],
            json!({ VERIFICATION: { "state": "chosen" } })
        );
    });
}
