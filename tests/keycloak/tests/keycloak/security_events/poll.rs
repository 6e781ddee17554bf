//! Poll (RFC 8936): the service fetches from Keycloak, by a token of its own.

use portcullis::{AccessToken, BearerUnavailable, Readiness};
use portcullis_keycloak_suite::Client;

use super::{SECRET, Scene, Told};
use crate::{
    environment::{Environment, run},
    service::CountedClient,
};

/// A service that fetches the events about a user.
async fn polling(env: &'static Environment, name: &str) -> (Scene, Told) {
    let scene = Scene::set(env, name, "https://nowhere.example.com/").await;
    let stream = scene.realm.create_poll_stream(scene.receiver());
    let stream = stream.await.unwrap();
    scene.ask_for_user(&stream).await;
    let client = CountedClient::new();
    let (realm, id) = (scene.realm.clone(), scene.receiver_id.clone());
    let bearer = move || {
        let (realm, id) = (realm.clone(), id.clone());
        async move {
            let client = Client::confidential(&id, SECRET);
            let tokens = realm.client_credentials_for(client, "ssf.read").await;
            let tokens = tokens.map_err(|error| BearerUnavailable::because(error.to_string()))?;
            let token = AccessToken::new(&tokens.access);
            token.map_err(|error| BearerUnavailable::because(error.to_string()))
        }
    };
    let issuer = scene
        .builder()
        .poll_security_events(&stream.endpoint, bearer)
        .http_client(client.clone())
        .build()
        .unwrap();
    // Polls begin with the first use.
    assert_ne!(issuer.readiness(), Readiness::NotReady(Vec::new()));
    (scene, Told::new(&issuer, client))
}

#[test]
fn a_logout_that_is_polled_for_ends_the_tokens_of_its_session_and_no_others() {
    run(async |env| {
        let (scene, told) = polling(env, "polled-logout").await;
        let [ended, other] = [scene.log_in().await, scene.log_in().await];
        for tokens in [&ended, &other] {
            told.assert_known(&tokens.access).await;
        }
        scene.log_out(&ended).await;
        told.until_refused(&ended.access).await;
        told.assert_over(&ended.access).await;
        told.assert_known(&other.access).await;
        // It was acknowledged, and the next one comes.
        scene.log_out(&other).await;
        told.until_refused(&other.access).await;
        told.assert_over(&other.access).await;
    });
}

#[test]
fn a_new_password_that_is_polled_for_has_the_users_tokens_asked_about() {
    run(async |env| {
        let (scene, told) = polling(env, "polled-password").await;
        let tokens = scene.log_in().await;
        told.assert_known(&tokens.access).await;
        let set = scene.admin.set_password(&scene.user, "another");
        set.await.unwrap();
        told.until_refused(&tokens.access).await;
        told.assert_asked_about(&tokens.access).await;
    });
}
