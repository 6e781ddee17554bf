//! Push (RFC 8935): Keycloak posts to the route of `portcullis-axum`.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use axum::{Router, body::Bytes, http::Request};
use portcullis::{HttpClient, HttpError, HttpFuture, IssuerBuilder, Limits, WithCredentials};
use portcullis_axum::security_event_route;
use portcullis_keycloak_suite::until;
use tokio::net::TcpListener;

use super::{AUTHORIZATION, Scene, Told};
use crate::{
    environment::{Environment, SOON, run},
    service::CountedClient,
};

/// A service that the events about a user are pushed to.
async fn pushed(env: &'static Environment, name: &str) -> (Scene, Told) {
    pushed_to(env, name, |issuer| issuer).await
}

async fn pushed_to(
    env: &'static Environment,
    name: &str,
    configure: impl FnOnce(IssuerBuilder<WithCredentials>) -> IssuerBuilder<WithCredentials>,
) -> (Scene, Told) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/security-events", listener.local_addr().unwrap());
    let scene = Scene::set(env, name, &url).await;
    let client = CountedClient::new();
    let issuer = scene
        .builder()
        .security_event_authorization(AUTHORIZATION)
        .http_client(client.clone());
    let issuer = configure(issuer).build().unwrap();
    let route = security_event_route(issuer.security_event_receiver().unwrap());
    let router = Router::new().route("/security-events", route);
    let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let mut told = Told::new(&issuer, client);
    told.serving = Some(serving);
    let stream = scene
        .realm
        .create_push_stream(scene.receiver(), &url, AUTHORIZATION);
    scene.ask_for_user(&stream.await.unwrap()).await;
    (scene, told)
}

#[test]
fn a_logout_that_is_pushed_ends_the_tokens_of_its_session_and_no_others() {
    run(async |env| {
        let (scene, told) = pushed(env, "pushed-logout").await;
        let [ended, other] = [scene.log_in().await, scene.log_in().await];
        for tokens in [&ended, &other] {
            told.assert_known(&tokens.access).await;
        }
        scene.log_out(&ended).await;
        told.until_refused(&ended.access).await;
        told.assert_over(&ended.access).await;
        told.assert_known(&other.access).await;
        told.assert_known(&scene.log_in().await.access).await;
    });
}

#[test]
fn a_log_out_by_an_administrator_ends_all_sessions_of_the_user() {
    run(async |env| {
        let (scene, told) = pushed(env, "pushed-all").await;
        let all = [scene.log_in().await, scene.log_in().await];
        for tokens in &all {
            told.assert_known(&tokens.access).await;
        }
        scene.admin.log_out(&scene.user).await.unwrap();
        for tokens in &all {
            told.until_refused(&tokens.access).await;
            told.assert_over(&tokens.access).await;
        }
    });
}

#[test]
fn a_new_password_that_is_pushed_has_the_users_tokens_asked_about() {
    run(async |env| {
        let (scene, told) = pushed(env, "pushed-password").await;
        let tokens = scene.log_in().await;
        told.assert_known(&tokens.access).await;
        let set = scene.admin.set_password(&scene.user, "another");
        set.await.unwrap();
        told.until_refused(&tokens.access).await;
        told.assert_asked_about(&tokens.access).await;
    });
}

/// The usual client, which gets no keys while it is cut off.
#[derive(Debug, Clone)]
struct Severed {
    client: CountedClient,
    is_cut_off: Arc<AtomicBool>,
    in_vain: Arc<AtomicUsize>,
}

impl HttpClient for Severed {
    fn send(&self, request: Request<Bytes>, limits: Limits) -> HttpFuture {
        let is_for_keys = request.uri().path().ends_with("/certs");
        if is_for_keys && self.is_cut_off.load(Ordering::SeqCst) {
            self.in_vain.fetch_add(1, Ordering::SeqCst);
            return Box::pin(async { Err(HttpError::Unreachable("cut off".to_owned())) });
        }
        self.client.send(request, limits)
    }
}

#[test]
fn an_event_that_comes_while_there_are_no_keys_comes_again_and_is_taken() {
    run(async |env| {
        let severed = Severed {
            client: CountedClient::new(),
            is_cut_off: Arc::new(AtomicBool::new(true)),
            in_vain: Arc::default(),
        };
        let http = severed.clone();
        let configure = |issuer: IssuerBuilder<_>| issuer.http_client(http);
        let (scene, told) = pushed_to(env, "pushed-again", configure).await;
        let tokens = scene.log_in().await;
        scene.log_out(&tokens).await;
        let asked = until("the keys should be asked for", SOON, async || {
            Ok((severed.in_vain.load(Ordering::SeqCst) > 0).then_some(()))
        });
        asked.await.unwrap();
        severed.is_cut_off.store(false, Ordering::SeqCst);
        told.until_refused(&tokens.access).await;
        told.assert_over(&tokens.access).await;
    });
}
